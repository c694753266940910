"""The write key of a request: an API key in the headers, and the rights that it has."""

import base64
import binascii

from starlette.requests import Request

from app.access.api_keys import BROWSER_WRITE, EVENTS_WRITE
from app.access.authenticator import ApiKey
from app.errors import ForbiddenScope, Unauthenticated
from app.http import headers
from app.http.errors import ForbiddenOrigin

MISSING = (
    "The write key is missing. Send it as the user of Basic authentication, as a Bearer token, "
    "or as writeKey in the body."
)
OTHER_ORIGIN = "The browser key is not for pages of this origin. See `waypath keys list`."


def from_headers(request: Request) -> str | None:
    """Returns the write key in `Authorization` or `X-API-Key`, or None: it may be in the body.

    Raises Unauthenticated if a header is malformed or sent more than once.
    """
    values = request.headers.getlist("authorization")
    if len(values) > 1:
        raise Unauthenticated("The request has more than one Authorization header.")
    if not values:
        return headers.api_key(request)
    scheme, _, credentials = values[0].partition(" ")
    if scheme.lower() == "bearer":
        return credentials.strip()
    if scheme.lower() == "basic":
        return _user(credentials.strip()) or None
    raise Unauthenticated("The Authorization header must be Basic or Bearer.")


def require_sender(api_key: ApiKey, request: Request) -> None:
    """Raises ForbiddenScope or ForbiddenOrigin unless the API key may send this request.

    A browser key may be sent by pages of its origins. A program can send any origin.
    """
    scope = EVENTS_WRITE if api_key.origins is None else BROWSER_WRITE
    if scope not in api_key.scopes:
        raise ForbiddenScope(scope)
    if api_key.origins is not None and request.headers.get("origin") not in api_key.origins:
        raise ForbiddenOrigin(OTHER_ORIGIN)


def _user(credentials: str) -> str:
    """The user in credentials of RFC 7617. The password of an SDK is empty."""
    try:
        return base64.b64decode(credentials, validate=True).decode().partition(":")[0]
    except (binascii.Error, ValueError):
        raise Unauthenticated("The Basic credentials must be base64 in UTF-8.") from None
