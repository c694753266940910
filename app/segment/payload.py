"""The calls of a request, decoded and mapped."""

from collections.abc import Container, Sequence

import msgspec
from msgspec import Raw, Struct

from app.access import api_keys
from app.domain.event_warnings import REUSED_MESSAGE_ID, EventWarning
from app.domain.identifiers import Identifier
from app.domain.validation import FieldErrors
from app.errors import FieldError, IdempotencyConflict, InvalidPayload, ServiceError
from app.ingest.events import Event
from app.ingest.observed_event import text_json
from app.ingest.payload import Payload, request_error
from app.segment import calls
from app.segment.calls import ABSENT
from app.segment.clock import Receipt
from app.segment.mapping import NO_ENVELOPE, Envelope, MappedCall, map_call
from app.segment.repair import repair

MAX_CALLS = 2500

_REUSED = EventWarning(
    "messageId",
    REUSED_MESSAGE_ID,
    "ignored: a call with this messageId and other content was stored before",
)


class _Request(Struct, rename="camel"):
    write_key: Raw = ABSENT
    batch: Raw = ABSENT
    context: Raw = ABSENT
    sent_at: Raw = ABSENT


_request = msgspec.json.Decoder(_Request)
_array = msgspec.json.Decoder(list[Raw])


class Calls(Payload, frozen=True):
    """The calls of one request. Each one is stored or rejected by itself."""

    mapped: list[MappedCall]
    receipt: Receipt

    def path(self, position: int) -> str:
        """Returns nothing: the paths of errors and warnings are those in the call."""
        return ""

    def field_path(self, position: int, field: str) -> str:
        """Returns the member of the call that a field of its event is from."""
        return self.mapped[position].paths.get(field, field)

    def check(self, blocklist: Container[Identifier]) -> list[Event | InvalidPayload]:
        """Returns each event in its normalised form, or the error with all its field errors."""
        return [self._check_call(call, blocklist) for call in self.mapped]

    def _check_call(
        self, call: MappedCall, blocklist: Container[Identifier]
    ) -> Event | InvalidPayload:
        event, skew = call.check(blocklist), self.receipt.skew(call.sent_at)
        if skew is None or isinstance(event, InvalidPayload):
            return event
        return self.receipt.note(event, skew)

    def original(self, position: int) -> bytes:
        """Returns the JSON of a call as sent, with any API key in it masked."""
        raw = bytes(self.mapped[position].raw)
        try:
            raw.decode()
        except UnicodeDecodeError:
            raw = text_json(raw)
        return api_keys.mask(raw)

    def warnings(self, position: int) -> Sequence[EventWarning]:
        """Returns the warnings of the mapping of a call, and that of the clock of its device."""
        call = self.mapped[position]
        skew = self.receipt.skew(call.sent_at)
        return call.warnings if skew is None else [*call.warnings, self.receipt.warning(skew)]

    def tolerated(self, error: ServiceError) -> EventWarning | None:
        """Returns the warning of a reused `messageId`: SDKs do not read the errors of calls."""
        return _REUSED if isinstance(error, IdempotencyConflict) else None


def write_key(body: bytes) -> str | None:
    """Returns the write key in a body, if there is one."""
    try:
        request, _ = _read(body)
    except InvalidPayload:
        return None
    return _text(request.write_key)


def _text(raw: Raw) -> str | None:
    """The text of a member; None if it is absent or no text."""
    try:
        return msgspec.json.decode(raw, type=str) if raw else None
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


def decode(body: bytes, kind: str | None, receipt: Receipt) -> Calls:
    """Returns the call of a `kind` in a body, or without a kind the batch of calls.

    Raises InvalidPayload if it is neither. The result has the errors of single calls.
    """
    request, body = _read(body)
    if kind:
        return _calls([Raw(body)], Envelope(kind), len(body), receipt)
    return _calls(*_batch(request), len(body), receipt)


def _read(body: bytes) -> tuple[_Request, bytes]:
    """Returns the members of a request, and its body, repaired if need be.

    Raises InvalidPayload.
    """
    try:
        return _request.decode(body), body
    except msgspec.ValidationError:
        raise request_error([FieldError("", calls.NOT_AN_OBJECT)]) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        if (repaired := repair(body)) != body:
            return _read(repaired)
        raise request_error([FieldError("", f"must be JSON in UTF-8: {error}")]) from None


def _batch(request: _Request) -> tuple[list[Raw], Envelope]:
    errors = FieldErrors()
    envelope = NO_ENVELOPE
    try:
        envelope = Envelope.of_batch(request.context, _text(request.sent_at))
    except ValueError as error:
        errors.add("context", str(error))
    batch: list[Raw] = []
    try:
        batch = _array.decode(request.batch or b"0")
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        errors.add("batch", "must be an array")
    if len(batch) > MAX_CALLS:
        errors.add("batch", f"must have at most {MAX_CALLS:,} calls, not {len(batch):,}")
    if errors.items:
        raise request_error(errors.items)
    return batch, envelope


def _calls(raws: list[Raw], envelope: Envelope, size: int, receipt: Receipt) -> Calls:
    mapped = [map_call(raw, envelope) for raw in raws]
    return Calls([call.sent for call in mapped], True, size, {}, mapped, receipt)
