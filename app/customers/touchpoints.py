"""Touchpoints: stored events, as responses contain them."""

from typing import Annotated, Any

from msgspec import Meta, Raw, Struct

from app.domain import timestamps
from app.domain.resolution import ResolvedBy

AsOf = Annotated[
    str | None,
    Meta(
        description="A point in time: Touchpoints received later are left out, and merges are "
        "as they were then. Default: now.",
        extra_json_schema={"pattern": timestamps.PATTERN},
    ),
]


class Touchpoint(Struct, frozen=True, rename="camel"):
    """A stored event. `timestamp` and `properties` are byte for byte as the request had them."""

    event_id: str
    event: str
    timestamp: str
    occurred_at: Annotated[str, Meta(description="`timestamp` in UTC.")]
    received_at: Annotated[
        str, Meta(description="Time at which the service received the event, in UTC.")
    ]
    resolved: ResolvedBy
    identifiers: Annotated[
        list[str], Meta(description="Identifiers of the event, normalised, as `kind:value`.")
    ]
    properties: Annotated[Raw, Meta(extra_json_schema={"type": "object"})]


def touchpoint(row: dict[str, Any]) -> Touchpoint:
    """Returns the Touchpoint of a map that a statement in `cypher/read/` returned."""
    return Touchpoint(
        row["id"],
        row["event"],
        row["timestamp"],
        row["occurredAt"],
        row["receivedAt"],
        row["resolvedBy"],
        row["identifiers"],
        Raw(row["properties"].encode()),
    )
