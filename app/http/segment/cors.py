"""CORS: pages of other origins may call the routes of tracking SDKs.

The routes read no cookie, so every origin may read their responses. A browser key has its own
origins, which the service checks.
"""

from starlette.requests import Request
from starlette.responses import Response

PREFLIGHT_SECONDS = 7200  # how long a browser may remember a preflight

_ALLOW = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "Retry-After, X-Request-Id",
}
# By name: a `*` does not cover Authorization.
_PREFLIGHT = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "POST",
    "Access-Control-Allow-Headers": "authorization, content-type, content-encoding, x-retry-count",
    "Access-Control-Max-Age": str(PREFLIGHT_SECONDS),
}


def allow(response: Response) -> Response:
    """Lets pages of other origins read a response, with its wait before a retry."""
    response.headers.update(_ALLOW)
    return response


async def preflight(_: Request) -> Response:
    """The response to the preflight of a browser, which has no write key."""
    return Response(status_code=204, headers=_PREFLIGHT)
