"""Headers: those of requests and responses, as the document describes them."""

from typing import Any

from app.domain import idempotency
from app.domain.identifiers import MAX_ID_LENGTH

_TEXT = {"type": "string"}

_SENT = {
    "X-Request-Id": (
        _TEXT,
        "An id of your own for the request: up to 128 letters, digits and `._-`. Any other is "
        "replaced.",
    ),
    "Idempotency-Key": (
        {"type": "string", "pattern": idempotency.HEADER_PATTERN},
        f"1 to {idempotency.MAX_KEY_LENGTH} printable ASCII characters. The same request with the "
        "same key is answered the same, and stores nothing twice.",
    ),
    "Prefer": (
        {"type": "string", "examples": ["handling=lenient"]},
        "`handling=lenient` keeps the good events of a batch, and gives each bad one its error.",
    ),
    "Content-Encoding": (
        {"type": "string", "enum": ["gzip", "x-gzip", "identity"]},
        "How the body is sent. Its limit of size counts after inflating, too.",
    ),
}

_ANSWERED = {
    "X-Request-Id": (_TEXT, "The request's id, yours or ours, as it stands in the log."),
    "Idempotency-Replayed": ({"const": "true"}, "All of it had been stored before."),
    "Preference-Applied": ({"const": "handling=lenient"}, "The request was taken as lenient."),
    "Retry-After": ({"type": "integer", "minimum": 1}, "Seconds, after which to send it again."),
    "WWW-Authenticate": ({"const": "ApiKey"}, "What to authenticate with: `X-API-Key`."),
    "Allow": (_TEXT, "The methods that the route takes."),
}

# By the status of the errors that always have them.
OF_ERRORS = {401: "WWW-Authenticate", 405: "Allow", 429: "Retry-After", 503: "Retry-After"}

PARAMETERS = {
    name: {"name": name, "in": "header", "description": description, "schema": schema}
    for name, (schema, description) in _SENT.items()
}
HEADERS = {
    name: {"description": description, "required": name in OF_ERRORS.values(), "schema": schema}
    for name, (schema, description) in _ANSWERED.items()
}


_IDENTIFIERS = {
    "customers": "The Customer's id.",
    "events": "The event's id.",
    "merges": "The merge's id.",
    "splits": "The split's id.",
    "dismissals": "The dismissal's id.",
    "conflicts": "The conflict's id.",
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
