"""The command that sends a first event."""

EMAIL = "jane@acme.com"


def curl(address: str, key: str) -> str:
    """A command for a shell. `key` is an API key, or an expression of the shell for it."""
    return f"""curl {address}/v1/events \\
  -H "X-API-Key: {key}" \\
  -H "Content-Type: application/json" \\
  -d '{{"event": "page_viewed", "email": "{EMAIL}", "properties": {{"url": "/pricing"}}}}'"""
