"""Error examples: for each error of an operation one that the service returns, as it returns it."""

from typing import Any

import msgspec

from app import errors
from app.domain import validation
from app.domain.suppression_errors import Suppressed
from app.domain.validation import UNKNOWN_FIELD
from app.errors import FieldError, ServiceError
from app.http import errors as http_errors
from app.http.body import too_large
from app.http.endpoints import Operation
from app.http.protocol import BODY_TIMEOUT_SECONDS, MANY_HEADERS
from app.ingest.rows import IDEMPOTENCY_HEADER, REUSED_KEY
from app.ingest.suppression import MESSAGE

_REQUEST_ID = "req_5f0c9a1b2c3d4e5f2a"

# Of the errors whose message has arguments or details. All others have their own text.
_EXAMPLES: dict[str, ServiceError] = {
    example.code: example
    for example in (
        validation.invalid([FieldError("extra", UNKNOWN_FIELD)]),
        http_errors.MethodNotAllowed("GET, HEAD"),
        http_errors.RequestTimeout(BODY_TIMEOUT_SECONDS),
        errors.IdempotencyConflict(details=[FieldError(IDEMPOTENCY_HEADER, REUSED_KEY)]),
        Suppressed(details=[FieldError("email", MESSAGE)]),
        too_large(),
        http_errors.HeadersTooLarge(MANY_HEADERS),
        errors.RateLimited(60_000, 12),
        errors.DatabaseTimeout(),
    )
}


def example(kind: type[ServiceError], operation: Operation) -> Any:
    """The body of an error of a kind that the operation returns."""
    own = {error.code: error for error in operation.error_examples}
    if kind is errors.ForbiddenScope:
        error = errors.ForbiddenScope(operation.scope or "")
    else:
        error = own.get(kind.code) or _EXAMPLES.get(kind.code) or kind()
    request_id = _REQUEST_ID if kind is ServiceError else None
    return msgspec.to_builtins(operation.error_content(error, request_id))
