"""The error mapping: from exceptions to the errors that HTTP, pages and MCP tools return."""

import structlog
from starlette.exceptions import HTTPException

from app.errors import Overloaded, ServiceError
from app.http.errors import MethodNotAllowed, NotFound

log = structlog.get_logger()


def map_error(error: Exception, **context: str) -> tuple[ServiceError, str | None]:
    """Returns the error for the client, and the request ID if it is an internal error.

    Logs the error with the `context`. An internal error has no details for the client.
    """
    mapped = _mapped(error)
    if mapped is None:
        log.exception("request_failed", **context)
        return ServiceError(), structlog.contextvars.get_contextvars().get("request_id")
    if not isinstance(mapped, Overloaded):  # the admission logs these in sum
        log.info("request_rejected", **context, code=mapped.code)
    return mapped, None


def _mapped(error: Exception) -> ServiceError | None:
    if isinstance(error, HTTPException):
        if error.status_code == 405:
            return MethodNotAllowed((error.headers or {}).get("Allow", ""))
        return NotFound()
    return error if isinstance(error, ServiceError) else None
