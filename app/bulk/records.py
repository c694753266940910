"""Records: what stands in a file for an event each, checked as a request's events are."""

from collections.abc import Callable, Container, Iterable, Iterator

from msgspec import Struct

from app.bulk.source import LINE
from app.domain.identifiers import Identifier
from app.errors import FieldError, InvalidPayload
from app.ingest import payload
from app.ingest.events import Event, EventIngest

SHOWN = 1000  # bytes of a line that is too long


class Text(Struct, frozen=True):
    """A record as it stands: the number of its first line, its bytes, and its event as JSON.

    In place of the event, what keeps the record from having one.
    """

    line: int
    raw: bytes
    event: bytes | InvalidPayload


class Record(Struct, frozen=True):
    """A record with its event as sent and in its one form, or with what is wrong with it."""

    line: int
    raw: bytes
    sent: EventIngest
    event: Event | InvalidPayload


def text(line: int, raw: bytes, translate: Callable[[bytes], bytes]) -> Text:
    """The text of a record, where `translate` makes an event of its bytes or raises."""
    if len(raw) > LINE:
        return Text(line, raw[:SHOWN], _too_long())
    try:
        return Text(line, raw, translate(raw))
    except InvalidPayload as error:
        return Text(line, raw, error)


def read(
    texts: Iterable[Text], identity: str | None, blocklist: Container[Identifier]
) -> Iterator[Record]:
    """The records of texts. An event without a key of its own is known by its line.

    `identity` is the file's; without one, an event needs a key of its own.
    """
    for each in texts:
        sent = EventIngest()
        try:
            if isinstance(each.event, InvalidPayload):
                raise each.event
            key = f"{identity}:{each.line}" if identity else None
            sent, event = _event(each.event, key, blocklist)
        except InvalidPayload as error:
            event = error
        yield Record(each.line, each.raw, sent, event)


def fault(path: str, message: str) -> InvalidPayload:
    """The error of a record with one fault."""
    return InvalidPayload("the record cannot be taken", [FieldError(path, message)])


def _event(
    text: bytes, key: str | None, blocklist: Container[Identifier]
) -> tuple[EventIngest, Event | InvalidPayload]:
    decoded = payload.decode(text)
    if decoded.is_batch:
        raise fault("events", "is not a field: a line is one event")
    (sent,) = decoded.sent
    if not sent.idempotency_key or sent.idempotency_key.isspace():
        if key is None:
            raise fault("idempotencyKey", "is required, where the source has no name")
        sent.idempotency_key = key
    (event,) = decoded.check(blocklist)
    return sent, event


def _too_long() -> InvalidPayload:
    return fault("", f"is longer than {LINE // 1024} KiB")
