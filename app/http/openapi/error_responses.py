"""Error responses: what an operation returns for its errors, by their status codes."""

from collections.abc import Iterable
from typing import Any

from app.errors import ServiceError
from app.http.openapi import headers, schemas
from app.http.responses import STATUS, ErrorBody

# By their codes. They are not docstrings, which `python -OO` leaves out.
DESCRIPTIONS = {
    "invalid_payload": "the request cannot be taken as it is; nothing of it was written",
    "invalid_request": "what was sent is not HTTP/1.1",
    "unauthenticated": "the API key is missing or not valid",
    "forbidden_scope": "the API key lacks a scope",
    "forbidden_origin": "a form of ours was sent from another site",
    "not_found": "there is no such route",
    "unknown_customer": "nobody is known by this id or these identifiers",
    "unknown_split": "there is no split of this id",
    "unknown_event": (
        "there is no event of this id, or there was none at the moment that was asked about"
    ),
    "unknown_merge": "there is no merge of this id",
    "unknown_dismissal": "there is no dismissal of this id",
    "unknown_conflict": "there is no identity conflict of this id, or its Customers are merged",
    "method_not_allowed": "the route does not take this method; `Allow` names those that it takes",
    "request_timeout": "the body did not come in time",
    "idempotency_conflict": "the idempotency key was used before, with another payload",
    "nothing_to_split": "the events of the Customer connect all its Identifiers",
    "merge_conflict": (
        "the Customers are merged or the merge undone already, or others changed them"
    ),
    "payload_too_large": "the body, or the batch, is larger than can ever be taken",
    "unsupported_media_type": "the body is not JSON in UTF-8",
    "misdirected_request": "the `Host` header names a host that the service does not accept",
    "headers_too_large": "the headers are larger, or more, than can be taken",
    "rate_limited": "the API key sent too much; to wait for `Retry-After` seconds is enough",
    "internal": "an error of ours; its `requestId` finds it in the log",
    "unavailable": (
        "the database cannot be used now, or is overloaded; send it again, with the same key"
    ),
}


def responses(errors: Iterable[type[ServiceError]]) -> dict[str, Any]:
    """The responses of these errors by their status codes."""
    kinds: dict[int, list[type[ServiceError]]] = {}
    for kind in errors:
        kinds.setdefault(int(STATUS[kind.code]), []).append(kind)
    return {str(status): _response(status, kinds[status]) for status in sorted(kinds)}


def _response(status: int, kinds: list[type[ServiceError]]) -> dict[str, Any]:
    texts = {kind.code: DESCRIPTIONS[kind.code] for kind in kinds}
    examples = {
        code: {
            "value": {"error": {"code": code, "message": message.replace("`", ""), "details": []}}
        }
        for code, message in texts.items()
    }
    schema = schemas.reference(ErrorBody) | {
        "properties": {"error": {"properties": {"code": {"enum": list(texts)}}}}
    }
    names = [headers.OF_ERRORS[status]] if status in headers.OF_ERRORS else []
    return {
        "description": "; ".join(f"`{code}`: {message}" for code, message in texts.items()),
        "headers": headers.references("X-Request-Id", *names),
        "content": {"application/json": {"schema": schema, "examples": examples}},
    }
