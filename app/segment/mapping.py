"""The mapping of a call to an event."""

from collections.abc import Container

import msgspec
from msgspec import Raw, Struct

from app.domain import timestamps
from app.domain.event_warnings import EventWarning
from app.domain.identifiers import Identifier
from app.domain.identity_fields import MISSING_IDENTIFIER
from app.domain.timestamps import Instant
from app.domain.validation import REQUIRED, FieldErrors
from app.errors import FieldError, InvalidPayload
from app.ingest.events import Event, TrackedEvent, normalise
from app.ingest.payload import event_error
from app.segment import calls, identity, properties
from app.segment.calls import ABSENT, EVENT_NAMES, Call

MISSING_ID = "must have a userId, an anonymousId, or traits with an email or a phone"

_NO_EVENT = TrackedEvent()


class Envelope(Struct, frozen=True):
    """Members of a request that apply to its calls. A call's own come first, but for the kind."""

    kind: str | None = None
    context: Raw = ABSENT
    sent_at: Raw = ABSENT


class MappedCall(Struct, frozen=True):
    """A call, its event, and the errors and warnings of the mapping.

    `paths` are the members of the call that the fields of the event are from. `sent_at` is the
    time of the device's clock at which the call was sent, if it has one.
    """

    raw: Raw
    sent: TrackedEvent
    paths: dict[str, str] = {}
    errors: list[FieldError] = []
    warnings: list[EventWarning] = []
    sent_at: Instant | None = None

    def check(self, blocklist: Container[Identifier]) -> Event | InvalidPayload:
        """Returns the normalised event, or the error with all errors, by members of the call."""
        if self.sent is _NO_EVENT:
            return event_error(self.errors)
        event, errors = normalise(self.sent, blocklist)
        return event_error(self._all(errors)) if errors or self.errors else event

    def _all(self, errors: list[FieldError]) -> list[FieldError]:
        own = {error.path for error in self.errors}
        renamed = [self._renamed(error) for error in errors]
        if own:  # a member with an error is not missing as well
            renamed = [error for error in renamed if error.path and error.path not in own]
        return [*self.errors, *renamed]

    def _renamed(self, error: FieldError) -> FieldError:
        if not error.path and error.message == MISSING_IDENTIFIER:
            return FieldError("", MISSING_ID)
        return FieldError(self.paths.get(error.path, error.path), error.message)


def map_call(raw: Raw, envelope: Envelope | None = None) -> MappedCall:
    """Returns the event of a call. Its errors are those of the result; it raises none."""
    envelope = envelope or Envelope()
    try:
        call = calls.decode(raw)
    except ValueError as error:
        return MappedCall(raw, _NO_EVENT, errors=[FieldError("", str(error))])
    errors = FieldErrors()
    kind = envelope.kind or _kind(call, errors)
    if kind is None:
        return MappedCall(raw, _NO_EVENT, errors=errors.items)
    context, traits = _context(call, envelope, errors)
    who, warnings = identity.read(call, kind, traits, errors)
    timestamp_path, timestamp = _timestamp(call, errors)
    event = TrackedEvent(
        event=EVENT_NAMES[kind] or calls.field(call.event, "event", errors),
        email=who.email,
        phone=who.phone,
        external_id=who.external_id,
        anonymous_id=who.anonymous_id,
        properties=properties.compose(call, kind, context, traits),
        timestamp=timestamp,
        idempotency_key=calls.field(call.message_id, "messageId", errors, calls.id_text),
    )
    paths = {
        "externalId": "userId",
        "anonymousId": who.anonymous_id_path,
        "email": who.email_path,
        "phone": who.phone_path,
        "timestamp": timestamp_path,
        "idempotencyKey": "messageId",
        "properties": "traits" if kind in ("identify", "group") else "properties",
    }
    return MappedCall(raw, event, paths, errors.items, warnings, _sent_at(call, envelope))


def _kind(call: Call, errors: FieldErrors) -> str | None:
    kind = calls.field(call.type, "type", errors)
    if kind in EVENT_NAMES:
        return kind
    if kind is not None:
        supported = ", ".join(calls.KINDS)
        errors.add("type", f"must be one of {supported}: not {kind[:100]}")
    elif not errors.items:
        errors.add("type", REQUIRED)
    return None


def _context(call: Call, envelope: Envelope, errors: FieldErrors) -> tuple[Raw, Raw]:
    """Returns the context, and the traits in it."""
    if not (call.context or envelope.context):
        return ABSENT, ABSENT
    try:
        own, of_request = calls.members(call.context), calls.members(envelope.context)
    except ValueError as error:
        errors.add("context", str(error))
        return ABSENT, ABSENT
    members = {**of_request, **own}
    if not of_request:
        return call.context, members.get("traits", ABSENT)
    merged = envelope.context if not own else Raw(msgspec.json.encode(members))
    return merged, members.get("traits", ABSENT)


def _timestamp(call: Call, errors: FieldErrors) -> tuple[str, str | None]:
    timestamp = calls.field(call.timestamp, "timestamp", errors)
    if timestamp is not None or not calls.is_present(call.original_timestamp):
        return "timestamp", timestamp
    path = "originalTimestamp"
    return path, calls.field(call.original_timestamp, path, errors)


def _sent_at(call: Call, envelope: Envelope) -> Instant | None:
    """The time at which the call was sent. It is no part of the event: a malformed one is none."""
    for raw in (call.sent_at, envelope.sent_at):
        try:
            if text := calls.text(raw):
                return timestamps.parse(text)
        except ValueError:
            continue
    return None
