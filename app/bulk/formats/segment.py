"""Segment: the calls of a Segment export, one a line."""

from msgspec import Raw

from app.bulk import records
from app.segment import mapping
from app.segment.mapping import MappedCall


def event(line: bytes) -> MappedCall:
    """The event of a call. Its idempotency key is `messageId`; raises InvalidPayload without it."""
    call = mapping.map_call(Raw(line))
    if not call.sent.idempotency_key and not call.errors:
        raise records.record_error("messageId", "is required")
    return call
