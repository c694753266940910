"""Headers: the API key, the idempotency key and the preferences of a request."""

from starlette.requests import Request

from app.domain import idempotency, validation
from app.errors import FieldError, Unauthenticated
from app.ingest.payload import NOTHING_STORED

BEARER = 'Bearer realm="waypath-events"'


def api_key(request: Request) -> str | None:
    """Returns the API key, if the request has one. Raises Unauthenticated if it has several."""
    values = request.headers.getlist("x-api-key")
    if len(values) > 1:
        raise Unauthenticated("The request has more than one X-API-Key header.")
    return values[0] if values else None


def agent_key(request: Request) -> str | None:
    """Returns the API key, which agents and Prometheus may also send as `Authorization: Bearer`.

    Raises Unauthenticated if the headers have different API keys.
    """
    keys = {api_key(request), *map(_bearer, request.headers.getlist("authorization"))} - {None}
    if len(keys) > 1:
        raise Unauthenticated("The Authorization and X-API-Key headers have different API keys.")
    return keys.pop() if keys else None


def bearer_challenge(request: Request) -> str:
    """Returns the `WWW-Authenticate` of a rejected request to a route that takes bearer tokens.

    RFC 6750, 3: it has an error only if the request has a credential.
    """
    has_credential = {"authorization", "x-api-key"} & set(request.headers.keys())
    return BEARER + (', error="invalid_token"' if has_credential else "")


def idempotency_key(request: Request) -> str | None:
    """Returns the idempotency key, if the request has one. Raises InvalidPayload."""
    values = request.headers.getlist("idempotency-key")
    if not values:
        return None
    try:
        if len(values) > 1:
            raise ValueError("must be sent once")
        if not values[0].isascii():
            raise ValueError("must be ASCII characters")
        return idempotency.key(values[0])
    except ValueError as error:
        detail = FieldError("Idempotency-Key", str(error))
        raise validation.invalid([detail], NOTHING_STORED) from None


def prefers(request: Request, name: str, value: str) -> bool:
    """Whether the request has this preference (RFC 7240, 2: the first one of a name counts)."""
    for preference in ",".join(request.headers.getlist("prefer")).split(","):
        token, _, preferred = preference.partition(";")[0].partition("=")
        if token.strip().lower() == name:
            return preferred.strip().strip('"').lower() == value
    return False


def _bearer(authorization: str) -> str:
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != "bearer":
        raise Unauthenticated("The Authorization header must be a Bearer token.")
    return token.strip()
