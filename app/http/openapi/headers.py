"""The headers of requests and responses, for the OpenAPI document."""

from typing import Any

from app.domain import idempotency
from app.domain.identifiers import MAX_ID_LENGTH

_TEXT = {"type": "string"}

_SENT = {
    "X-Request-Id": (
        _TEXT,
        "Your ID of the request: up to 128 letters, digits and `._-`. The service replaces an "
        "invalid ID.",
    ),
    "Idempotency-Key": (
        {"type": "string", "pattern": idempotency.HEADER_PATTERN},
        f"1 to {idempotency.MAX_KEY_LENGTH} printable ASCII characters. A retry with the same "
        "idempotency key and the same body stores nothing and returns the first response.",
    ),
    "Prefer": (
        {"type": "string", "examples": ["handling=lenient"]},
        "`handling=lenient` stores the valid events of a batch and rejects the others.",
    ),
    "Last-Event-ID": (
        _TEXT,
        "The last event ID that you received. The stream resumes after it.",
    ),
    "Content-Encoding": (
        {"type": "string", "enum": ["gzip", "x-gzip", "identity"]},
        "The encoding of the body. The size limit applies to the decoded body as well.",
    ),
}

_RETURNED = {
    "X-Request-Id": (
        _TEXT,
        "The request ID: your own, or one of the service. Log events contain it.",
    ),
    "Idempotency-Replayed": ({"const": "true"}, "Present if all events had already been stored."),
    "Preference-Applied": (
        {"const": "handling=lenient"},
        "Present if the batch was handled as lenient.",
    ),
    "Retry-After": ({"type": "integer", "minimum": 1}, "Seconds to wait before a retry."),
    "WWW-Authenticate": (
        {"const": "ApiKey"},
        "The authentication scheme: send the API key in `X-API-Key`.",
    ),
    "Allow": (_TEXT, "The methods that the route supports."),
}

# By the status of the errors that always have them.
OF_ERRORS = {401: "WWW-Authenticate", 405: "Allow", 429: "Retry-After", 503: "Retry-After"}

PARAMETERS = {
    name: {"name": name, "in": "header", "description": description, "schema": schema}
    for name, (schema, description) in _SENT.items()
}
HEADERS = {
    name: {"description": description, "required": name in OF_ERRORS.values(), "schema": schema}
    for name, (schema, description) in _RETURNED.items()
}


_IDENTIFIERS = {
    "customers": "ID of the Customer.",
    "events": "ID of the event.",
    "merges": "ID of the merge.",
    "splits": "ID of the split.",
    "identifier-moves": "ID of the move.",
    "dismissals": "ID of the dismissal.",
    "conflicts": "ID of the conflict.",
    "suppressions": "ID of a suppression.",
}


def identifier(path: str) -> dict[str, Any]:
    """The `{id}` in a path such as `/v1/customers/{id}`."""
    schema = _TEXT | {"minLength": 1, "maxLength": MAX_ID_LENGTH}
    description = _IDENTIFIERS[path.partition("/{id}")[0].rpartition("/")[2]]
    return {
        "name": "id",
        "in": "path",
        "required": True,
        "description": description,
        "schema": schema,
    }


def references(*names: str) -> dict[str, Any]:
    """References to the headers of a response by their names."""
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}
