"""The error mapping: what a caller sees of an exception, over HTTP, on a page or in a tool."""

import structlog
from starlette.exceptions import HTTPException

from app.errors import MethodNotAllowed, NotFound, Overloaded, ServiceError

log = structlog.get_logger()


def map_error(error: Exception, **context: str) -> tuple[ServiceError, str | None]:
    """The error that the caller sees, and the request ID if it is an internal one.

    The log has the error with the `context`; of an unexpected one, the caller sees no details.
    """
    mapped = _mapped(error)
    if mapped is None:
        log.exception("request_failed", **context)
        return ServiceError(), structlog.contextvars.get_contextvars().get("request_id")
    if not isinstance(mapped, Overloaded):  # of which there are many, and the admission logs them
        log.info("request_rejected", **context, code=mapped.code)
    return mapped, None


def _mapped(error: Exception) -> ServiceError | None:
    if isinstance(error, HTTPException):
        if error.status_code == 405:
            return MethodNotAllowed((error.headers or {}).get("Allow", ""))
        return NotFound()
    return error if isinstance(error, ServiceError) else None
