"""The errors of responses."""

SUPPRESSED = (422, "suppressed")


def code(response):
    """The status and the error code of a response."""
    return response.status_code, response.json().get("error", {}).get("code")
