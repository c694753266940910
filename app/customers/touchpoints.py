"""Touchpoints: events as they are read back."""

from typing import Annotated, Any

from msgspec import Meta, Raw, Struct

from app.domain.resolution import Resolved


class Touchpoint(Struct, frozen=True, rename="camel"):
    """An event as it is kept. `timestamp` and `properties` are as they were sent, byte for byte."""

    event_id: str
    event: str
    timestamp: str
    occurred_at: Annotated[str, Meta(description="The instant of the timestamp, in UTC.")]
    received_at: Annotated[str, Meta(description="When the service took it, in UTC.")]
    resolved: Resolved
    identifiers: Annotated[
        list[str], Meta(description="What the event carried, normalised, as `kind:value`.")
    ]
    properties: Annotated[Raw, Meta(extra_json_schema={"type": "object"})]


def touchpoint(row: dict[str, Any]) -> Touchpoint:
    """The Touchpoint of a map that a statement in `cypher/read/` returns."""
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
