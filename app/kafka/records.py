"""Records of topics, parsed and validated like the events of a request."""

from collections.abc import Container
from datetime import UTC, datetime
from typing import Literal

import msgspec
from confluent_kafka import TIMESTAMP_NOT_AVAILABLE, Message
from msgspec import Raw, Struct

from app.bulk import records
from app.bulk.records import Record
from app.bulk.source import MAX_LINE_BYTES
from app.domain import timestamps
from app.domain.identifiers import Identifier
from app.errors import InvalidPayload
from app.ingest.events import Event, EventIngest
from app.kafka.assignment import Partition
from app.segment import mapping

Format = Literal["event", "segment"]

_NO_VALUE = "must be an event, not a record without a value (tombstone)"
_IS_BATCH = "must be absent: each record is one event"
_LAST_TIMESTAMP_MS = 253_402_300_799_999  # in the year 9999


class ReceivedRecord(Struct, frozen=True, eq=False):
    """A record of a partition, and its event or validation error."""

    partition: Partition
    message: Message
    record: Record

    @property
    def offset(self) -> int:
        """Its offset in the partition."""
        return self.record.line


def parse(
    partition: Partition, message: Message, format_: Format, blocklist: Container[Identifier]
) -> ReceivedRecord:
    """Parses and validates a record.

    Without an idempotency key of its own, the event gets one from its topic, partition and offset;
    without a timestamp, that of the record.
    """
    value, offset = message.value() or b"", message.offset() or 0
    parse_value = _call if format_ == "segment" else _event
    try:
        if not value:
            raise records.record_error("", _NO_VALUE)
        if len(value) > MAX_LINE_BYTES:
            raise records.too_long()
        record = parse_value(offset, value, blocklist)
    except InvalidPayload as error:
        shown = value[: records.MAX_SHOWN_BYTES] if len(value) > MAX_LINE_BYTES else value
        record = Record(offset, shown, EventIngest(), error)
    if isinstance(record.event, Event):
        record = _complete(record, record.event, partition, message)
    return ReceivedRecord(partition, message, record)


def _event(offset: int, value: bytes, blocklist: Container[Identifier]) -> Record:
    decoded = records.decode(value)
    if decoded.is_batch:
        raise records.record_error("events", _IS_BATCH)
    (sent,), (event,) = decoded.sent, decoded.check(blocklist)
    return Record(offset, value, sent, event)


def _call(offset: int, value: bytes, blocklist: Container[Identifier]) -> Record:
    call = mapping.map_call(Raw(value))
    return Record(offset, value, call.sent, call.check(blocklist), call.warnings)


def _complete(record: Record, event: Event, partition: Partition, message: Message) -> Record:
    if event.timestamp is None and (text := _timestamp(message)):
        event = msgspec.structs.replace(event, timestamp=text, instant=timestamps.parse(text))
    if event.idempotency_key:
        return msgspec.structs.replace(record, event=event)
    # No sender can choose it: the first character is not printable.
    key = f"\x1f{partition.topic}:{partition.number}:{record.line}"
    record.sent.idempotency_key = key
    return msgspec.structs.replace(
        record,
        event=msgspec.structs.replace(event, idempotency_key=key),
        original=record.raw,
    )


def _timestamp(message: Message) -> str | None:
    kind, milliseconds = message.timestamp()
    if kind == TIMESTAMP_NOT_AVAILABLE or not 0 <= milliseconds <= _LAST_TIMESTAMP_MS:
        return None
    time = datetime.fromtimestamp(milliseconds // 1000, UTC)
    return f"{time:%Y-%m-%dT%H:%M:%S}.{milliseconds % 1000:03d}Z"
