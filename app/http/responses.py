"""Responses: JSON, and the map from errors to status codes."""

from http import HTTPStatus
from typing import Any

import msgspec
from msgspec import Struct
from starlette.responses import Response

from app import errors
from app.domain import suppression_errors
from app.errors import FieldError, ServiceError
from app.http import errors as http_errors
from app.ingest.results import IngestResult

STATUS = {
    errors.InvalidPayload.code: HTTPStatus.BAD_REQUEST,
    http_errors.InvalidRequest.code: HTTPStatus.BAD_REQUEST,
    errors.Unauthenticated.code: HTTPStatus.UNAUTHORIZED,
    errors.ForbiddenScope.code: HTTPStatus.FORBIDDEN,
    http_errors.ForbiddenOrigin.code: HTTPStatus.FORBIDDEN,
    http_errors.NotFound.code: HTTPStatus.NOT_FOUND,
    errors.CustomerNotFound.code: HTTPStatus.NOT_FOUND,
    errors.SplitNotFound.code: HTTPStatus.NOT_FOUND,
    errors.IdentifierMoveNotFound.code: HTTPStatus.NOT_FOUND,
    errors.EventNotFound.code: HTTPStatus.NOT_FOUND,
    errors.MergeNotFound.code: HTTPStatus.NOT_FOUND,
    errors.DismissalNotFound.code: HTTPStatus.NOT_FOUND,
    errors.IdentityConflictNotFound.code: HTTPStatus.NOT_FOUND,
    suppression_errors.SuppressionNotFound.code: HTTPStatus.NOT_FOUND,
    http_errors.MethodNotAllowed.code: HTTPStatus.METHOD_NOT_ALLOWED,
    http_errors.RequestTimeout.code: HTTPStatus.REQUEST_TIMEOUT,
    errors.IdempotencyConflict.code: HTTPStatus.CONFLICT,
    errors.NothingToSplit.code: HTTPStatus.CONFLICT,
    errors.MergeConflict.code: HTTPStatus.CONFLICT,
    suppression_errors.SuppressionSecretMissing.code: HTTPStatus.CONFLICT,
    errors.PayloadTooLarge.code: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    http_errors.UnsupportedMediaType.code: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    http_errors.MisdirectedRequest.code: HTTPStatus.MISDIRECTED_REQUEST,
    http_errors.HeadersTooLarge.code: HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
    suppression_errors.Suppressed.code: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.RateLimited.code: HTTPStatus.TOO_MANY_REQUESTS,
    ServiceError.code: HTTPStatus.INTERNAL_SERVER_ERROR,
    errors.Unavailable.code: HTTPStatus.SERVICE_UNAVAILABLE,
}

REJECTED_WITH = "rejected_with"  # in a request's state: the error that the protocol returned

_encode = msgspec.json.Encoder().encode


class Error(Struct, frozen=True, omit_defaults=True, rename="camel"):
    """An error: `details` lists every validation error; an internal error has its `requestId`."""

    code: str
    message: str
    details: list[FieldError]
    request_id: str | None = None


class ErrorBody(Struct, frozen=True):
    """The body of every error."""

    error: Error


def json_response(
    content: Any, status: int = 200, headers: dict[str, str] | None = None
) -> Response:
    """A response with `content` (anything that msgspec encodes) as JSON."""
    return Response(_encode(content), status, headers, media_type="application/json")


def error_content(error: ServiceError, request_id: str | None = None) -> ErrorBody:
    """The body of an error, in the contract's form."""
    return ErrorBody(Error(error.code, error.message, error.details, request_id))


def batch_content(result: IngestResult) -> Any:
    """Returns the body for a batch: the number of stored events, and each result or error."""
    results = [
        error_content(item) if isinstance(item, ServiceError) else item for item in result.results
    ]
    return {"accepted": result.accepted, "results": results}


def error_headers(error: ServiceError) -> dict[str, str]:
    """The headers of an error."""
    headers: dict[str, str] = {}
    if error.retry_after is not None:
        headers["Retry-After"] = str(error.retry_after)
    if isinstance(error, errors.Unauthenticated | errors.ForbiddenScope) and error.challenge:
        headers["WWW-Authenticate"] = error.challenge
    if isinstance(error, http_errors.MethodNotAllowed):
        headers["Allow"] = error.allowed
    if isinstance(error, errors.PayloadTooLarge | http_errors.RequestTimeout):
        headers["Connection"] = "close"  # the rest of the body is not read
    return headers


def error_response(error: ServiceError, request_id: str | None = None) -> Response:
    """The response for an error, in the contract's form."""
    content = error_content(error, request_id)
    return json_response(content, STATUS[error.code], error_headers(error))
