"""Error responses: those of an operation, by their status codes."""

from typing import Any

from app.errors import ServiceError
from app.http.endpoints import Operation
from app.http.openapi import headers, schemas
from app.http.openapi.error_examples import example
from app.http.responses import STATUS

# By their codes. They are not docstrings, which `python -OO` leaves out.
DESCRIPTIONS = {
    "invalid_payload": "The request has validation errors, and nothing was written.",
    "invalid_request": "The request is not valid HTTP/1.1.",
    "unauthenticated": "The API key is missing, unknown, expired or revoked.",
    "forbidden_scope": "The API key lacks the required scope.",
    "forbidden_origin": "A browser sent the request from another site.",
    "not_found": "No such route.",
    "unknown_customer": "No Customer matches, or it was erased.",
    "unknown_split": "No split has this ID.",
    "unknown_move": "No move of an identifier has this ID.",
    "unknown_event": "No event has this ID, or none had it at `asOf`.",
    "unknown_merge": "No merge has this ID.",
    "unknown_dismissal": "No dismissal has this ID.",
    "unknown_suppression": "No suppression has this ID.",
    "unknown_conflict": "No identity conflict has this ID, or its Customers are merged.",
    "method_not_allowed": (
        "The route does not support the method. `Allow` lists the methods that it supports."
    ),
    "request_timeout": "The body did not arrive within 30 s.",
    "idempotency_conflict": (
        "The idempotency key was used before with another payload. Use a new one for another event."
    ),
    "suppressed": (
        "The suppression list has an identifier of an event or of its Customer, and nothing was "
        "written."
    ),
    "suppression_secret_missing": "The service has no secret for the suppression list.",
    "nothing_to_split": "The events connect all Identifiers of the Customer.",
    "merge_conflict": (
        "The Customers are already merged, the merge is already undone, or another request changed "
        "the Customers at the same time."
    ),
    "payload_too_large": (
        "The body is larger than 5 MiB, or the batch exceeds the rate limit of a whole minute. "
        "Send smaller batches."
    ),
    "unsupported_media_type": "The body is not `application/json` in UTF-8.",
    "misdirected_request": "The `Host` header names a host that the service does not accept.",
    "headers_too_large": "The headers are larger than 64 KiB, or more than 200.",
    "rate_limited": "The API key exceeded its rate limit. Retry after `Retry-After` seconds.",
    "internal": "Internal error. The log has it under its `requestId`.",
    "unavailable": (
        "Neo4j is unavailable, or the service is overloaded. Retry with the same idempotency key: "
        "it may be unknown whether the events were stored."
    ),
}


def responses(operation: Operation) -> dict[str, Any]:
    """The error responses of an operation by their status codes."""
    kinds: dict[int, list[type[ServiceError]]] = {}
    for kind in operation.all_errors:
        kinds.setdefault(int(STATUS[kind.code]), []).append(kind)
    return {str(status): _response(status, kinds[status], operation) for status in sorted(kinds)}


def _response(status: int, kinds: list[type[ServiceError]], operation: Operation) -> dict[str, Any]:
    examples = {kind.code: {"value": example(kind, operation)} for kind in kinds}
    schema = schemas.reference(operation.error_body) | {
        "properties": {"error": {"properties": {"code": {"enum": list(examples)}}}}
    }
    names = [headers.OF_ERRORS[status]] if status in headers.OF_ERRORS else []
    return {
        "description": " ".join(f"`{code}`: {DESCRIPTIONS[code]}" for code in examples),
        "headers": headers.references("X-Request-Id", *names),
        "content": {"application/json": {"schema": schema, "examples": examples}},
    }
