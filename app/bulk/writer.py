"""The record writer: stores the records of a file in large batches, several concurrently."""

import asyncio
from collections.abc import Container, Sequence

from msgspec import Raw

from app.bulk.batching import batch_sequences
from app.bulk.records import Record
from app.bulk.retry import retry_while_unavailable
from app.domain.event_warnings import EventWarning
from app.domain.identifiers import Identifier
from app.errors import InvalidPayload, ServiceError
from app.ingest.commit_control import MAX_COMMIT_ROWS
from app.ingest.events import Event, EventIngest, TrackedEvent
from app.ingest.group_commit import WRITERS
from app.ingest.observed_event import text_json
from app.ingest.observer import Sender
from app.ingest.payload import DecodeFailure, Payload
from app.ingest.results import IngestResult
from app.ingest.rows import IngestRequest
from app.ingest.service import Ingest

IMPORT_PRODUCER = "import"  # no API key has this ID
MAX_BATCH_BYTES = 4 * 1024 * 1024
MAX_CONCURRENT_BATCHES = 2 * WRITERS  # for each writer, one commits and one waits

_SENDER = Sender("import")
_NO_EVENTS = (EventIngest(), TrackedEvent())

ValidRecord = tuple[Record, Event]
RejectedRecords = list[tuple[Record, ServiceError]]


class _Records(Payload, frozen=True):
    """Events of records, each of which has its own field paths."""

    def path(self, position: int) -> str:
        return ""


class _ValidEvents(_Records, frozen=True):
    """Events that are already validated."""

    events: list[Event]
    records: list[Record]

    def warnings(self, position: int) -> Sequence[EventWarning]:
        return self.records[position].warnings

    def check(self, blocklist: Container[Identifier]) -> list[Event | InvalidPayload]:
        return list(self.events)


class RecordWriter:
    """Stores records. Those that share an identifier are written in their order."""

    def __init__(self, ingest: Ingest) -> None:
        self._ingest = ingest

    async def write(self, valid: Sequence[ValidRecord]) -> RejectedRecords:
        """Stores records, and returns the rejected ones. Raises Unavailable."""
        rejected: RejectedRecords = []
        sequences = batch_sequences(
            [_subjects(event) for _, event in valid],
            [len(record.raw) for record, _ in valid],
            MAX_COMMIT_ROWS,
            MAX_BATCH_BYTES,
        )
        queue = iter(sequences)

        async def work() -> None:
            for sequence in queue:
                for batch in sequence:
                    rejected.extend(await self._submit([valid[position] for position in batch]))

        await asyncio.gather(*(work() for _ in range(MAX_CONCURRENT_BATCHES)))
        return rejected

    def note_invalid(self, rejected: RejectedRecords) -> None:
        """Notifies the observers of records that are invalid."""
        errors = [error for _, error in rejected]
        if errors:
            with self._ingest.observe(_SENDER) as observed:
                observed.payload = _invalid_records([record for record, _ in rejected])
                observed.result = IngestResult([*errors], False, 0, rows=errors)

    async def _submit(self, batch: Sequence[ValidRecord]) -> RejectedRecords:
        request = _request(batch)
        with self._ingest.observe(_SENDER) as observed:
            observed.payload = request.payload
            ingested = await retry_while_unavailable(self._ingest.submit, request)
            observed.result = ingested
        return [
            (record, result)
            for (record, _), result in zip(batch, ingested.results, strict=True)
            if isinstance(result, ServiceError)
        ]


def _subjects(event: Event) -> list[str]:
    identifiers = [str(identifier) for identifier in event.identifiers] or [event.customer or ""]
    return [*identifiers, f"idempotencyKey:{event.idempotency_key}"]


def _request(batch: Sequence[ValidRecord]) -> IngestRequest:
    size = sum(len(record.raw) for record, _ in batch)
    records, events = [record for record, _ in batch], [event for _, event in batch]
    payload = _ValidEvents([record.sent for record in records], True, size, {}, events, records)
    return IngestRequest(payload, IMPORT_PRODUCER, is_lenient=True)


def _invalid_records(records: Sequence[Record]) -> Payload:
    failures = {
        position: DecodeFailure([], set(), Raw(text_json(record.raw)))
        for position, record in enumerate(records)
        if record.sent in _NO_EVENTS
    }
    size = sum(len(record.raw) for record in records)
    return _Records([record.sent for record in records], True, size, failures)
