"""JSON Lines: one JSON object per line, as the records of a file."""

from collections.abc import Callable, Iterator

import msgspec
from msgspec import Raw

from app.bulk import records
from app.bulk.records import RawRecord
from app.bulk.source import Lines
from app.segment.mapping import MappedCall

_object = msgspec.json.Decoder(dict[str, Raw])
_idempotency_key = msgspec.json.Decoder(str | int)
_EVENT_FIELDS = {field.encode_name for field in msgspec.structs.fields(records.TrackedEvent)}


def read(lines: Lines, to_event: Callable[[bytes], bytes | MappedCall]) -> Iterator[RawRecord]:
    """The records in lines, without blank lines. `to_event` turns each into an event."""
    for line in lines:
        if content := line.strip():
            yield records.to_raw_record(lines.count, content, to_event)


def unchanged(line: bytes) -> bytes:
    """The line itself, an event as in a request."""
    return line


def with_key_from(line: bytes, field: str) -> bytes:
    """The event of a line, with the idempotency key from `field`, a string or an integer.

    A field that events do not have is removed. Raises InvalidPayload.
    """
    members = decode(line)
    if field not in members:
        raise records.record_error(field, "is required")
    key = members[field] if field in _EVENT_FIELDS else members.pop(field)
    try:
        members["idempotencyKey"] = Raw(msgspec.json.encode(str(_idempotency_key.decode(key))))
    except msgspec.ValidationError:
        raise records.record_error(field, "must be a string or an integer") from None
    return msgspec.json.encode(members)


def decode(line: bytes) -> dict[str, Raw]:
    """The members of the object in a line, their values as JSON. Raises InvalidPayload."""
    try:
        return _object.decode(line)
    except msgspec.ValidationError:
        raise records.record_error("", "must be a JSON object") from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise records.record_error("", f"must be JSON in UTF-8: {error}") from None
