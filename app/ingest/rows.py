"""Rows: the parameters of the write for each event of a request."""

from collections.abc import Callable, Container

import msgspec
from msgspec import Struct

from app.domain import idempotency, ids, timestamps
from app.domain.identifiers import Identifier
from app.errors import FieldError, IdempotencyConflict, ServiceError
from app.ingest.events import Event, EventIngest
from app.ingest.payload import Payload
from app.ingest.write_queue import AtomicGroup, Row

Received = tuple[str, timestamps.Instant]

IDEMPOTENCY_HEADER = "Idempotency-Key"
REUSED_KEY = "must be new for another payload"
MAX_ORIGINAL_LENGTH = 512  # in characters; of a longer identifier, white space is left out
_FIELDS = {
    "email": "email",
    "phone": "phone",
    "externalId": "external_id",
    "anonymousId": "anonymous_id",
}


class IngestRequest(Struct, frozen=True):
    """A payload to store. Its idempotency keys are unique for the `producer`.

    A request is atomic. In a lenient one, each event is stored or rejected by itself.
    """

    payload: Payload
    producer: str
    idempotency_key: str | None = None
    is_lenient: bool = False

    def uses_header(self, position: int) -> bool:
        """Whether the idempotency key of an event is that of the request."""
        return not self.payload.sent[position].idempotency_key

    def conflict(self, position: int) -> IdempotencyConflict:
        """Returns the error of an event whose idempotency key was used with another payload."""
        path = (
            IDEMPOTENCY_HEADER
            if self.uses_header(position)
            else f"{self.payload.path(position)}idempotencyKey"
        )
        return IdempotencyConflict(details=[FieldError(path, REUSED_KEY)])


def build_rows(
    request: IngestRequest, blocklist: Container[Identifier]
) -> list[Row | ServiceError]:
    """Returns for each event its row, or its error. The rows exclude blocked identifiers."""
    received = timestamps.now()
    identify = _event_ids(request)
    digests: dict[str, str | None] = {}
    rows: list[Row | ServiceError] = []
    for position, event in enumerate(request.payload.check(blocklist)):
        if isinstance(event, ServiceError):
            rows.append(event)
            continue
        event_id, digest = identify(position, event)
        if digests.setdefault(event_id, digest) != digest:
            rows.append(request.conflict(position))
            continue
        row = _row(event, event_id, digest, received, position)
        if originals := _originals(request.payload.sent[position], event.identifiers):
            row["sent"] = originals
        if may_merge(event):
            row["merge"] = ids.merge_id(event_id)
        if event.clock_skew is not None:
            row["clockSkew"] = event.clock_skew
        if event.ignored:
            row["ignored"] = [str(identifier) for identifier in event.ignored]
        rows.append(row)
    return rows


def atomic_groups(rows: list[Row], *, is_lenient: bool) -> list[AtomicGroup]:
    """Returns the rows of a request in the groups that are written or rejected together."""
    return [AtomicGroup([row]) for row in rows] if is_lenient else [AtomicGroup(rows)]


def _event_ids(request: IngestRequest) -> Callable[[int, Event], tuple[str, str | None]]:
    """Returns a function from an event to its ID, and its digest for the detection of replays."""
    payload, producer = request.payload, request.producer
    request_digest = (
        idempotency.digest(msgspec.json.encode([payload.is_batch, payload.sent]))
        if request.idempotency_key
        else None
    )

    def identify(position: int, event: Event) -> tuple[str, str | None]:
        if event.idempotency_key:
            digest = idempotency.digest(msgspec.json.encode(payload.sent[position]))
            return ids.derived_event_id(producer, "event", event.idempotency_key), digest
        if request.idempotency_key:
            parts = (producer, "request", request.idempotency_key, str(position))
            return ids.derived_event_id(*parts), request_digest
        return ids.new_event_id(), None

    return identify


def _originals(sent: EventIngest, identifiers: list[Identifier]) -> list[str]:
    """Returns the identifiers that differ from their normalised form, as sent."""
    texts: list[str] = []
    for identifier in identifiers:
        text = getattr(sent, _FIELDS[identifier.kind])
        if text != identifier.value:
            text = text if len(text) <= MAX_ORIGINAL_LENGTH else text.strip()
            texts.append(f"{identifier.kind}:{text}")
    return texts


def may_merge(event: Event) -> bool:
    """Whether an event has an anonymous ID and something stronger."""
    identifiers = event.identifiers
    if not identifiers or identifiers[-1].kind != "anonymousId":
        return False
    return len(identifiers) > 1 or event.customer is not None


def _row(event: Event, event_id: str, digest: str | None, received: Received, position: int) -> Row:
    received_text, (seconds, nanoseconds) = received
    return {
        "id": event_id,
        "digest": digest,
        "customer": event.customer,
        "newCustomer": ids.customer_id(event_id),
        "identifierKeys": [
            {"kind": identifier.kind, "value": identifier.value, "weight": identifier.weight}
            for identifier in event.identifiers
        ],
        "identifiers": [str(identifier) for identifier in event.identifiers],
        "event": event.event,
        "timestamp": event.timestamp or received_text,
        # Lists: the driver converts each tuple to a list, in Python.
        "occurredAt": [*(event.instant or received[1])],
        # Unique in a request: the time of an Identifier identifies the event that created it.
        "receivedAt": [seconds, nanoseconds + position],
        "properties": event.properties,
        "values": event.values,
    }
