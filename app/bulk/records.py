"""Records: the events in a file, validated like the events of a request."""

from collections.abc import Callable, Container, Iterable, Iterator, Sequence

import msgspec
from msgspec import Raw, Struct

from app.bulk.source import MAX_LINE_BYTES
from app.domain.event_warnings import EventWarning
from app.domain.identifiers import Identifier
from app.errors import FieldError, InvalidPayload
from app.ingest import payload
from app.ingest.events import Event, EventIngest, TrackedEvent
from app.ingest.payload import Payload
from app.segment.mapping import MappedCall

MAX_SHOWN_BYTES = 1000  # of a line that is too long

_ANONYMOUS_ID = "anonymousId"
_object = msgspec.json.Decoder(dict[str, Raw])
_text = msgspec.json.Decoder(str | None)


class RawRecord(Struct, frozen=True):
    """A record before it is parsed: its first line's number, its bytes, its event as JSON.

    The `event` of a call is not JSON but mapped. If the record has no event, it is the error.
    """

    line: int
    raw: bytes
    event: bytes | MappedCall | InvalidPayload


class Record(Struct, frozen=True):
    """A record with its event as sent, and its normalised event or validation error."""

    line: int
    raw: bytes
    sent: EventIngest
    event: Event | InvalidPayload
    warnings: Sequence[EventWarning] = ()
    original: bytes | None = None  # the JSON of the event as sent, if `sent` differs from it


def to_raw_record(
    line: int, raw: bytes, to_event: Callable[[bytes], bytes | MappedCall]
) -> RawRecord:
    """The record in `raw`. `to_event` turns its bytes into an event, or raises InvalidPayload."""
    if len(raw) > MAX_LINE_BYTES:
        return RawRecord(line, raw[:MAX_SHOWN_BYTES], too_long())
    try:
        return RawRecord(line, raw, to_event(raw))
    except InvalidPayload as error:
        return RawRecord(line, raw, error)


def parse(
    raw_records: Iterable[RawRecord], import_id: str | None, blocklist: Container[Identifier]
) -> Iterator[Record]:
    """Parses and validates records.

    An event without an idempotency key gets one from `import_id` and its line number. Without an
    `import_id`, such an event is invalid.
    """
    for raw_record in raw_records:
        default_key = f"{import_id}:{raw_record.line}" if import_id else None
        yield _parse(raw_record, default_key, blocklist)


def record_error(path: str, message: str) -> InvalidPayload:
    """The error of a record with one field error."""
    return InvalidPayload("the record is invalid", [FieldError(path, message)])


def _parse(
    raw_record: RawRecord, default_key: str | None, blocklist: Container[Identifier]
) -> Record:
    line, raw, sent = raw_record.line, raw_record.raw, raw_record.event
    if isinstance(sent, MappedCall):
        return Record(line, raw, sent.sent, sent.check(blocklist), sent.warnings)
    try:
        if isinstance(sent, InvalidPayload):
            raise sent
        return Record(line, raw, *_event(sent, default_key, blocklist))
    except InvalidPayload as error:
        return Record(line, raw, EventIngest(), error)


def _event(
    text: bytes, default_key: str | None, blocklist: Container[Identifier]
) -> tuple[EventIngest, Event | InvalidPayload]:
    decoded = decode(text)
    if decoded.is_batch:
        raise record_error("events", "must be absent: each line is one event")
    (sent,) = decoded.sent
    if not sent.idempotency_key or sent.idempotency_key.isspace():
        if default_key is None:
            raise record_error("idempotencyKey", "is required for standard input without --name")
        sent.idempotency_key = default_key
    (event,) = decoded.check(blocklist)
    return sent, event


def decode(text: bytes) -> Payload:
    """Decodes an event, which may also have an anonymous ID: an export has it.

    The payload is a batch if the text is one. Raises InvalidPayload.
    """
    decoded = payload.decode(text)
    if decoded.is_batch or all(error.path != _ANONYMOUS_ID for error in _errors(decoded)):
        return decoded
    members = _object.decode(text)
    try:
        anonymous_id = _text.decode(members.pop(_ANONYMOUS_ID))
    except msgspec.ValidationError:
        raise record_error(_ANONYMOUS_ID, "must be a string") from None
    rest = payload.decode(msgspec.json.encode(members))
    (event,) = rest.sent
    values = {name: getattr(event, name) for name in EventIngest.__struct_fields__}
    sent: list[EventIngest] = [TrackedEvent(**values, anonymous_id=anonymous_id)]
    return msgspec.structs.replace(rest, sent=sent)


def _errors(decoded: Payload) -> list[FieldError]:
    return [error for failure in decoded.failures.values() for error in failure.errors]


def too_long() -> InvalidPayload:
    """The error of a record that is longer than any valid event."""
    return record_error("", f"must be at most {MAX_LINE_BYTES // 1024} KiB")
