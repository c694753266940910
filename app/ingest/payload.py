"""The payload of a request: one event or a batch, decoded."""

from collections.abc import Container, Sequence
from difflib import get_close_matches
from itertools import islice

import msgspec
from msgspec import UNSET, Raw, Struct, UnsetType

from app.domain.event_warnings import EventWarning
from app.domain.identifiers import Identifier
from app.domain.validation import UNKNOWN_FIELD, invalid
from app.errors import FieldError, InvalidPayload, ServiceError
from app.ingest.events import Event, EventIngest, normalise

MAX_BATCH_EVENTS = 500
MAX_UNKNOWN_FIELDS_NAMED = 10
NOTHING_STORED = "No events were stored."


class DecodeFailure(Struct, frozen=True):
    """The field errors of an event that cannot be decoded, the fields without a value, its JSON."""

    errors: list[FieldError]
    unread: set[str]
    raw: Raw


class Payload(Struct, frozen=True):
    """The events of one request, and whether they are a batch."""

    sent: list[EventIngest]
    is_batch: bool
    size: int
    failures: dict[int, DecodeFailure]  # of the events that could not be decoded, by position

    def path(self, position: int) -> str:
        """Returns the beginning of the field paths of the event at a position."""
        return f"events[{position}]." if self.is_batch else ""

    def field_path(self, position: int, field: str) -> str:
        """Returns the path of a field of the event at a position."""
        return self.path(position) + field

    def original(self, position: int) -> bytes | None:
        """Returns the JSON of an event as sent, if it is not that of its fields."""
        failure = self.failures.get(position)
        return bytes(failure.raw) if failure else None

    def warnings(self, _position: int) -> Sequence[EventWarning]:
        """Returns the warnings of an event, other than of its blocked identifiers."""
        return ()

    def tolerated(self, _error: ServiceError) -> EventWarning | None:
        """Returns the warning that replaces the error of an event, if there is one."""
        return None

    def check(self, blocklist: Container[Identifier]) -> list[Event | InvalidPayload]:
        """Returns each event in its normalised form, or the error with all its field errors."""
        return [self._check(position, blocklist) for position in range(len(self.sent))]

    def _check(self, position: int, blocklist: Container[Identifier]) -> Event | InvalidPayload:
        path = self.path(position)
        event, errors = normalise(self.sent[position], blocklist, path)
        if failure := self.failures.get(position):
            errors = failure.errors + _of_read_fields(errors, path, failure.unread)
        return event_error(errors) if errors else event


class _Body(EventIngest):
    events: list[EventIngest] | UnsetType = UNSET


_body = msgspec.json.Decoder(_Body)
_object = msgspec.json.Decoder(dict[str, Raw])
_array = msgspec.json.Decoder(list[Raw])
_fields = {field.encode_name: field for field in msgspec.structs.fields(EventIngest)}


def decode(body: bytes) -> Payload:
    """Returns the payload in a body: one EventIngest, or `{"events": [...]}` with up to 500.

    If an object has a name twice, the last one counts. Raises InvalidPayload if the body is
    neither. The payload contains the errors of single events.
    """
    try:
        return _decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise request_error([FieldError("", f"must be JSON in UTF-8: {error}")]) from None


def combine_errors(errors: list[InvalidPayload]) -> InvalidPayload:
    """Returns one error with the details of several."""
    return request_error([detail for error in errors for detail in error.details])


def request_error(errors: list[FieldError]) -> InvalidPayload:
    """The error of a request, of which nothing is stored."""
    return invalid(errors, NOTHING_STORED)


def event_error(errors: list[FieldError]) -> InvalidPayload:
    """The error of one event, of which the others may be stored."""
    return invalid(errors, "The event was not stored.")


def _decode(body: bytes) -> Payload:
    try:
        decoded = _body.decode(body)
    except msgspec.ValidationError:
        return _decode_slowly(body)
    if decoded.events is UNSET:
        return Payload([decoded], False, len(body), {})
    if len(_object.decode(body)) > 1 or not 1 <= len(decoded.events) <= MAX_BATCH_EVENTS:
        return _decode_slowly(body)
    return Payload(decoded.events, True, len(body), {})


def _decode_slowly(body: bytes) -> Payload:
    members = _members(Raw(body))
    if members is None:
        raise request_error([FieldError("", "must be an object")])
    is_batch = "events" in members
    events = _batch(members) if is_batch else [Raw(body)]
    sent: list[EventIngest] = []
    failures: dict[int, DecodeFailure] = {}
    for position, raw in enumerate(events):
        event, failure = _decode_event(raw, f"events[{position}]." if is_batch else "")
        sent.append(event)
        if failure.errors:
            failures[position] = failure
    return Payload(sent, is_batch, len(body), failures)


def _batch(members: dict[str, Raw]) -> list[Raw]:
    raw = members.pop("events")
    errors = [
        FieldError(_short(name), "must not be sent together with events")
        for name in islice(members, MAX_UNKNOWN_FIELDS_NAMED)
    ]
    try:
        events = _array.decode(raw)
    except msgspec.ValidationError:
        raise request_error([*errors, FieldError("events", "must be an array")]) from None
    if not 1 <= len(events) <= MAX_BATCH_EVENTS:
        errors.append(
            FieldError("events", f"must have 1 to {MAX_BATCH_EVENTS} events, not {len(events)}")
        )
    if errors:
        raise request_error(errors)
    return events


def _decode_event(raw: Raw, path: str) -> tuple[EventIngest, DecodeFailure]:
    members = _members(raw)
    if members is None:
        errors = [FieldError(path.removesuffix("."), "must be an object")]
        return EventIngest(), DecodeFailure(errors, set(_fields), raw)
    unknown = (name for name in members if name not in _fields)
    errors = [
        FieldError(path + _short(name), _unknown(name))
        for name in islice(unknown, MAX_UNKNOWN_FIELDS_NAMED)
    ]
    sent = EventIngest()
    mistyped: set[str] = set()
    for name in members.keys() & _fields.keys():
        try:
            value = msgspec.json.decode(members[name], type=_fields[name].type)
            setattr(sent, _fields[name].name, value)
        except msgspec.ValidationError:
            mistyped.add(name)
    errors += [FieldError(path + name, "must be a string") for name in _fields if name in mistyped]
    return sent, DecodeFailure(errors, mistyped, raw)


def _of_read_fields(errors: list[FieldError], path: str, unread: set[str]) -> list[FieldError]:
    if not unread:
        return errors
    # A field of the wrong type is not absent as well.
    fields = _fields.keys() - unread
    return [error for error in errors if error.path.removeprefix(path) in fields]


def _members(raw: Raw) -> dict[str, Raw] | None:
    try:
        return _object.decode(raw)
    except msgspec.ValidationError:
        return None


def _unknown(name: str) -> str:
    close = get_close_matches(name, _fields, n=1)
    return f"{UNKNOWN_FIELD}; did you mean {close[0]}?" if close else UNKNOWN_FIELD


def _short(name: str) -> str:
    return name if len(name) <= 100 else f"{name[:100]}…"
