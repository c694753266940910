"""Warnings of events that are stored all the same."""

from typing import Annotated

from msgspec import Meta, Struct, UnsetType

BLOCKED_IDENTIFIER = "blocked_key"
INVALID_IDENTIFIER = "invalid_identifier"
CLOCK_SKEW = "clock_skew"
REUSED_MESSAGE_ID = "idempotency_conflict"
SIMILAR_EVENT_NAME = "similar_event_name"

CODES = (
    BLOCKED_IDENTIFIER,
    INVALID_IDENTIFIER,
    CLOCK_SKEW,
    REUSED_MESSAGE_ID,
    SIMILAR_EVENT_NAME,
)


class EventWarning(Struct, frozen=True):
    """A warning of a stored event, such as an ignored identifier: `path` is the field, `message`
    the reason.
    """

    path: str
    code: Annotated[str, Meta(extra_json_schema={"enum": [*CODES]})]
    message: str


# The field `warnings` of a result.
Warnings = Annotated[
    list[EventWarning] | UnsetType,
    Meta(
        description="Ignored identifiers, and a similar event name. Absent if there are none.",
        extra_json_schema={"minItems": 1},
    ),
]
