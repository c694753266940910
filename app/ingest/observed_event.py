"""Observed events: the outcome of each event of a request, for observers."""

from collections.abc import Sequence
from typing import Literal

import msgspec
from msgspec import Raw, Struct

from app.domain.event_warnings import EventWarning, Warnings
from app.domain.identifiers import WEIGHTS
from app.domain.suppression_errors import Suppressed
from app.errors import FieldError, ServiceError
from app.ingest.events import TrackedEvent
from app.ingest.payload import Payload
from app.ingest.results import EventResult, WithdrawnEvent
from app.ingest.write_queue import Row
from app.ingest.writer import RowResult

Outcome = Literal["stored", "replayed", "rejected", "withdrawn"]

MAX_TEXT_BYTES = 2048  # of a body that is not an object

_FIELDS = {field.encode_name: field.name for field in msgspec.structs.fields(TrackedEvent)}


class ObservedEvent(Struct, frozen=True):
    """An event of a request, after its commit or rejection.

    A `withdrawn` one was valid, in an atomic batch that was rejected because of another event.
    `identifiers` are such as `email:jane@acme.com`: normalised if the event is stored, otherwise
    as sent. Paths of warnings and of the details of `error` are those of the event: `timestamp`,
    without `events[3].`. If the body was not decoded, its only event has no name.
    """

    position: int
    outcome: Outcome
    event: str | None = None
    customer: str | None = None  # as sent
    identifiers: Sequence[str] = ()
    event_id: str | None = None
    customer_id: str | None = None
    resolved: str | None = None
    warnings: Sequence[EventWarning] = ()
    error: ServiceError | None = None


def stored(
    payload: Payload, position: int, row: Row, row_result: RowResult, result: EventResult
) -> ObservedEvent:
    """Returns a stored event, from its row, and the results of its row and of the event."""
    return ObservedEvent(
        position,
        "replayed" if row_result.is_replay else "stored",
        row["event"],
        row["customer"],
        row["identifiers"],
        result.event_id,
        result.customer_id,
        result.resolved,
        _relative_warnings(result.warnings, payload.path(position)),
    )


def tolerated(payload: Payload, position: int, warning: EventWarning) -> ObservedEvent:
    """Returns an event that was not stored, because another with its idempotency key was."""
    event = rejected(payload, position, ServiceError())
    return msgspec.structs.replace(event, outcome="replayed", warnings=[warning], error=None)


def rejected(payload: Payload, position: int, error: ServiceError) -> ObservedEvent:
    """Returns an event that was rejected with an error, of itself or of the whole request.

    A suppressed one has no identifiers: they must not be stored.
    """
    sent = payload.sent[position]
    if error.code == Suppressed.code:
        error = _relative(error, payload.path(position))
        return ObservedEvent(position, "rejected", sent.event, error=error)
    return ObservedEvent(
        position,
        "withdrawn" if isinstance(error, WithdrawnEvent) else "rejected",
        sent.event,
        sent.customer,
        [f"{kind}:{text}" for kind in WEIGHTS if (text := getattr(sent, _FIELDS[kind]))],
        error=_relative(error, payload.path(position)),
    )


def rejected_together(payload: Payload, error: ServiceError) -> list[ObservedEvent]:
    """Returns the events of a request that was rejected with one error."""
    errors = _by_event(payload, error)
    if not errors:
        return [rejected(payload, position, error) for position in range(len(payload.sent))]
    withdrawn = WithdrawnEvent()
    return [
        rejected(payload, position, errors.get(position, withdrawn))
        for position in range(len(payload.sent))
    ]


def event_json(payload: Payload, position: int) -> bytes:
    """Returns an event as sent, as JSON; without the fields that are absent or null."""
    if (original := payload.original(position)) is not None:
        return original
    sent = payload.sent[position]
    values = {name: getattr(sent, field) for name, field in _FIELDS.items()}
    return msgspec.json.encode(
        {name: value for name, value in values.items() if value not in (None, Raw())}
    )


def text_json(body: bytes) -> bytes:
    """Returns the beginning of a body that was not decoded, as a JSON string."""
    return msgspec.json.encode(body[:MAX_TEXT_BYTES].decode(errors="replace"))


def _by_event(payload: Payload, error: ServiceError) -> dict[int, ServiceError]:
    """Returns the part of an error that belongs to each event; nothing if it has no such parts."""
    details: dict[int, list[FieldError]] = {}
    for detail in error.details if payload.is_batch else ():
        number = detail.path.removeprefix("events[").partition("]")[0]
        if detail.path.startswith("events[") and number.isdecimal():
            details.setdefault(int(number), []).append(detail)
    return {position: _with_details(error, own) for position, own in details.items()}


def _relative(error: ServiceError, prefix: str) -> ServiceError:
    if not prefix or not error.details:
        return error
    details = [
        FieldError(_relative_path(detail.path, prefix), detail.message) for detail in error.details
    ]
    return _with_details(error, details)


def _with_details(error: ServiceError, details: list[FieldError]) -> ServiceError:
    copy = ServiceError(error.message, details)
    copy.code = error.code
    return copy


def _relative_warnings(warnings: Warnings, prefix: str) -> Sequence[EventWarning]:
    if not warnings:
        return ()
    return [
        msgspec.structs.replace(warning, path=_relative_path(warning.path, prefix))
        for warning in warnings
    ]


def _relative_path(path: str, prefix: str) -> str:
    return path.removeprefix(prefix) if path != prefix.removesuffix(".") else ""
