"""The errors of a remote service: of HTTP responses without a result, and of lost connections."""

import math
from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import Struct

from app.domain import retry_after
from app.errors import FieldError, ServiceError, Unauthenticated, Unavailable
from app.http.errors import InvalidRequest

DEFAULT_WAIT_SECONDS = 1

_RATE_LIMITED = "rate_limited"
_CODES = {401: Unauthenticated.code, 429: _RATE_LIMITED}


class Unreachable(Unavailable):
    """No connection to the service: nothing was sent."""

    def __init__(self, origin: str, reason: str) -> None:
        super().__init__(f"Cannot reach {origin}: {reason}. Nothing was sent. Retry after 1 s.")


class NoResponse(Unavailable):
    """The connection ended without a response: the outcome is unknown."""

    def __init__(self, origin: str, reason: str) -> None:
        super().__init__(
            f"{origin} sent no response: {reason}. The outcome is unknown. Retry after 1 s."
        )


class _Error(Struct):
    code: str
    message: str
    details: list[FieldError] = []


class _Body(Struct):
    error: _Error


def response_error(
    origin: str, status: int, headers: Mapping[str, str], body: bytes
) -> ServiceError | None:
    """Returns the error in a response: that of the service, or of a proxy in front of it.

    Returns None if the body has an error of the protocol.
    """
    content = _decoded(body)
    if isinstance(content, dict) and "jsonrpc" in content:
        return None
    try:
        sent = msgspec.convert(content, _Body).error
        error = ServiceError(sent.message, sent.details)
        error.code = sent.code
    except msgspec.ValidationError:
        error = ServiceError(f"{origin} returned the status {status}.{_action(status)}")
        error.code = _code(status)
    if error.code in (_RATE_LIMITED, Unavailable.code):
        error.retry_after = _wait(headers.get("retry-after"))
    return error


def _decoded(body: bytes) -> Any:
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def _code(status: int) -> str:
    return _CODES.get(status, Unavailable.code if status >= 500 else InvalidRequest.code)


def _action(status: int) -> str:
    if status == 401:
        return " Check the API key."
    return "" if status == 429 or status >= 500 else " Check the URL."


def _wait(text: str | None) -> int:
    seconds = retry_after.parse(text) or 0.0
    return max(DEFAULT_WAIT_SECONDS, math.ceil(seconds))
