"""A tool in the form that agents see, and the schemas of its arguments and its result."""

from typing import Any

from msgspec import Struct

from app.http.openapi.schemas import described

REF_TEMPLATE = "#/$defs/{name}"

READ_RETRY = (
    "Changes nothing. After `rate_limited`, `unavailable` or `internal`, wait for the `retryAfter` "
    "seconds of the error, if any, and retry. On other errors fix the fields in `details`."
)
# In the descriptions of the tools of data stewards.
USER_DECIDES = "Call it only after the user has seen the preview and asked for it."
CHANGE_RETRY = (
    "After `rate_limited` nothing is changed: retry after the `retryAfter` seconds of the error. "
    "After `unavailable`, `internal` or a timeout the outcome may be unknown: retry, and treat "
)
FIX_OTHERS = "On other errors fix the fields in `details`."


class Tool(Struct, frozen=True):
    """A tool in the form that agents see, and the scope that it requires."""

    name: str
    title: str
    description: str
    scope: str
    is_read_only: bool
    input_schema: dict[str, Any]
    output_schema: dict[str, Any]
    is_destructive: bool = False
    is_repeatable: bool = False  # whether a repeat of a write changes nothing more


def schema(struct: type[Struct]) -> dict[str, Any]:
    """The JSON Schema of a type, with an object at its root, as MCP requires."""
    _, components = described([struct], REF_TEMPLATE)
    root = components.pop(struct.__name__)
    return root | ({"$defs": components} if components else {})


def either(*kinds: type[Struct]) -> dict[str, Any]:
    """The schema of a result of one of these types, with the fields of all at its root."""
    _, components = described(kinds, REF_TEMPLATE)
    roots = [components.pop(kind.__name__) for kind in kinds]
    return {
        "type": "object",
        "properties": {name: field for root in roots for name, field in root["properties"].items()},
        "anyOf": [{"required": root["required"]} for root in roots],
        "$defs": components,
    }
