"""Records: the events of requests, as the live stream shows them."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Raw, Struct

from app.domain.event_warnings import EventWarning
from app.errors import FieldError
from app.ingest.observed_event import ObservedEvent, Outcome, text_json
from app.ingest.observer import ObservedRequest, Way

MAX_PAYLOAD_BYTES = 128 * 1024  # of a valid event: its properties and its other fields
MAX_DETAILS = 50

_encode = msgspec.json.Encoder().encode


class RecordError(Struct, frozen=True, omit_defaults=True):
    """The error of a rejected event, with at most 50 details."""

    code: str
    message: str
    details: list[FieldError] = []


class Record(Struct, frozen=True, rename="camel", omit_defaults=True):
    """An event that was committed or rejected. Absent fields have no value."""

    id: Annotated[str, Meta(description="The process that received it, and its number there.")]
    time: Annotated[str, Meta(description="Time of the commit or rejection, in UTC.")]
    way: Annotated[Way, Meta(description="The way in.")]
    outcome: Annotated[
        Outcome,
        Meta(
            description="`replayed`: stored before, with the same idempotency key. `withdrawn`: "
            "valid, in an atomic batch with a rejected event."
        ),
    ]
    api_key: Annotated[str | None, Meta(description="The name of the API key.")] = None
    event: str | None = None
    identifiers: Annotated[
        list[str],
        Meta(description="Such as `email:jane@acme.com`; as sent if the event is not stored."),
    ] = []
    customer: Annotated[str | None, Meta(description="The Customer ID that was sent.")] = None
    event_id: str | None = None
    customer_id: str | None = None
    resolved: str | None = None
    warnings: list[EventWarning] = []
    error: RecordError | None = None
    payload: Annotated[
        Raw,
        Meta(
            description="The event as sent. A text if it is not an object or over 128 KiB.",
            extra_json_schema={"type": ["object", "string"]},
        ),
    ] = Raw()


class Entry(Struct, frozen=True):
    """A record in a stream: its process, its number there, and its JSON."""

    source: str
    number: int
    record: Record
    data: bytes


_decoder = msgspec.json.Decoder(Record)


def entries(request: ObservedRequest, source: str, first: int) -> Iterator[Entry]:
    """Yields the entries of the events of a request. Their numbers begin with `first`."""
    time = datetime.fromtimestamp(request.time, UTC).isoformat(timespec="milliseconds")
    for number, event in enumerate(request.events(), first):
        record = _record(request, event, f"{source}.{number}", time.replace("+00:00", "Z"))
        yield Entry(source, number, record, _encode(record))


def decode(data: bytes) -> Entry:
    """Returns the entry with a record's JSON. Raises ValueError."""
    record = _decoder.decode(data)
    source, _, number = record.id.rpartition(".")
    return Entry(source, int(number), record, data)


def _record(request: ObservedRequest, event: ObservedEvent, id_: str, time: str) -> Record:
    payload = request.body(event.position)
    if len(payload) > MAX_PAYLOAD_BYTES:
        payload = text_json(payload)
    elif b"\n" in payload or b"\r" in payload:  # only between tokens
        payload = msgspec.json.format(payload, indent=-1)
    return Record(
        id_,
        time,
        request.sender.way,
        event.outcome,
        request.sender.key_name,
        event.event,
        [*event.identifiers],
        event.customer,
        event.event_id,
        event.customer_id,
        event.resolved,
        [*event.warnings],
        _error(event),
        Raw(payload),
    )


def _error(event: ObservedEvent) -> RecordError | None:
    error: Any = event.error
    if error is None:
        return None
    return RecordError(error.code, error.message, error.details[:MAX_DETAILS])
