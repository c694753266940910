"""The mapping of a call to an event."""

from collections.abc import Container

import msgspec
from msgspec import Raw, Struct

from app.domain import timestamps
from app.domain.event_warnings import EventWarning
from app.domain.identifiers import Identifier
from app.domain.identity_fields import MISSING_IDENTIFIER
from app.domain.timestamps import Instant
from app.domain.validation import REQUIRED
from app.errors import FieldError, InvalidPayload
from app.ingest.events import Event, TrackedEvent, normalise
from app.ingest.payload import event_error
from app.segment import calls, identity, properties
from app.segment.calls import ABSENT, EVENT_NAMES, Call

MISSING_ID = "must have a userId, an anonymousId, or traits with an email or a phone"

# The members with a type of their own, of each call and of a kind of call.
_USED = {"messageId", "userId", "anonymousId", "timestamp", "originalTimestamp"}
_USED_BY = {"track": {"event"}, "alias": {"previousId"}}

_NO_EVENT = TrackedEvent()


class _Context(Struct):
    traits: Raw = ABSENT


_context_decoder = msgspec.json.Decoder(_Context)


class Envelope(Struct, frozen=True):
    """Members of a request that apply to its calls. A call's own come first, but for the kind."""

    kind: str | None = None
    context: Raw = ABSENT
    context_traits: Raw = ABSENT
    sent_at: Instant | None = None

    @classmethod
    def of_batch(cls, context: Raw, sent_at: str | None) -> "Envelope":
        """The envelope of a batch with these members. Raises ValueError for a malformed context."""
        traits = calls.members(context).get("traits", ABSENT)
        return cls(None, context if calls.is_present(context) else ABSENT, traits, instant(sent_at))


NO_ENVELOPE = Envelope()


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


def map_call(raw: Raw, envelope: Envelope = NO_ENVELOPE) -> MappedCall:
    """Returns the event of a call. Its errors are those of the result; it raises none."""
    try:
        call, mistyped = calls.decode(raw)
    except ValueError as error:
        return MappedCall(raw, _NO_EVENT, errors=[FieldError("", str(error))])
    kind = envelope.kind or call.type
    if kind not in EVENT_NAMES:
        return MappedCall(raw, _NO_EVENT, errors=[_kind_error(kind, "type" in mistyped)])
    errors: list[FieldError] = []
    if mistyped:
        used = _USED | _USED_BY.get(kind, set())
        errors += [FieldError(name, calls.NOT_A_STRING) for name in sorted(mistyped & used)]
    context, traits = _context(call, envelope, errors)
    who, warnings = identity.read(call, kind, traits)
    timestamp_path, timestamp = "timestamp", call.timestamp
    if not timestamp or timestamp.isspace():
        timestamp_path, timestamp = "originalTimestamp", call.original_timestamp
    event = TrackedEvent(
        event=EVENT_NAMES[kind] or call.event,
        email=who.email,
        phone=who.phone,
        external_id=who.external_id,
        anonymous_id=who.anonymous_id,
        properties=properties.compose(call, kind, context, traits),
        timestamp=timestamp,
        idempotency_key=calls.id_text(call.message_id),
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
    sent_at = instant(call.sent_at) or envelope.sent_at
    return MappedCall(raw, event, paths, errors, warnings, sent_at)


def instant(text: str | None) -> Instant | None:
    """Returns the instant of a `sentAt`. It is no part of the event: a malformed one is none."""
    try:
        return timestamps.parse(text) if text else None
    except ValueError:
        return None


def _kind_error(kind: str | None, is_mistyped: bool) -> FieldError:
    if is_mistyped:
        return FieldError("type", calls.NOT_A_STRING)
    if not kind or kind.isspace():
        return FieldError("type", REQUIRED)
    return FieldError("type", f"must be one of {', '.join(calls.KINDS)}: not {kind[:100]}")


def _context(call: Call, envelope: Envelope, errors: list[FieldError]) -> tuple[Raw, Raw]:
    """Returns the context, and the traits in it."""
    if not calls.is_present(call.context):
        return envelope.context, envelope.context_traits
    try:
        if not envelope.context:
            return call.context, _context_decoder.decode(call.context).traits
        own = calls.members(call.context)
    except (ValueError, RecursionError):  # the former is also an error of JSON or UTF-8
        errors.append(FieldError("context", calls.NOT_AN_OBJECT))
        return ABSENT, ABSENT
    merged = {**calls.members(envelope.context), **own}
    return Raw(msgspec.json.encode(merged)), merged.get("traits", ABSENT)
