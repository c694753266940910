"""The banner: what a person needs to know when the service has started."""

from app import browser
from app.embedded import Connection

_EMAIL = "jane@acme.com"


def embedded(address: str, key: str, neo4j: Connection) -> str:
    """The banner of a service on its embedded Neo4j: a curl, and where its event is seen."""
    return f"""
Waypath Events is at {address}, on an embedded Neo4j. Ctrl-C stops both.

API key (development)   {key}
Timelines to read       {address}/
Neo4j Browser           {neo4j.browser}
  Connect URL           {neo4j.uri}
  Username, password    {neo4j.username}   {neo4j.password}

Send an event:

{_curl(address, key)}

See it in Neo4j Browser (log in, then run the query):

{browser.link_by_email(neo4j.browser, _EMAIL, neo4j.server)}
"""


def given(address: str, uri: str) -> str:
    """The banner of a service on a Neo4j that it was given."""
    return f"""
Waypath Events is at {address}, on {uri}. Ctrl-C stops it.

Make an API key with:   waypath keys create --name NAME --scope events:write
"""


def _curl(address: str, key: str) -> str:
    return f"""curl {address}/v1/events \\
  -H "X-API-Key: {key}" \\
  -H "Content-Type: application/json" \\
  -d '{{"event": "page_viewed", "email": "{_EMAIL}", "properties": {{"url": "/pricing"}}}}'"""
