"""The record writer: stores the records of a file in large batches, several concurrently."""

import asyncio
from collections.abc import Awaitable, Callable, Container, Sequence
from typing import Any

import structlog
from msgspec import Raw, Struct

from app.access import api_keys
from app.bulk.batching import batch_sequences
from app.bulk.records import Record
from app.bulk.retry import retry_while_unavailable
from app.domain.event_warnings import EventWarning
from app.domain.identifiers import Identifier
from app.errors import InvalidPayload, ServiceError, Unavailable
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

_NO_EVENTS = (EventIngest(), TrackedEvent())

Retry = Callable[..., Awaitable[Any]]  # takes a call, and its arguments

log = structlog.get_logger()

ValidRecord = tuple[Record, Event]
RejectedRecords = list[tuple[Record, ServiceError]]


class RecordSource(Struct, frozen=True):
    """Where records are from: the way in, and the namespace of their idempotency keys.

    `retry` repeats a write while the database is unavailable. If a record causes an internal error,
    a source that `isolates_errors` rejects it, and another one raises the error.
    """

    sender: Sender
    producer: str
    retry: Retry = retry_while_unavailable
    isolates_errors: bool = False


IMPORT = RecordSource(Sender("import"), IMPORT_PRODUCER)


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

    def original(self, position: int) -> bytes | None:
        original = self.records[position].original
        return api_keys.mask(original) if original else None

    def check(self, blocklist: Container[Identifier]) -> list[Event | InvalidPayload]:
        return list(self.events)


class RecordWriter:
    """Stores records. Those that share an identifier are written in their order."""

    def __init__(self, ingest: Ingest, source: RecordSource = IMPORT) -> None:
        self._ingest = ingest
        self._source = source

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
            with self._ingest.observe(self._source.sender) as observed:
                observed.payload = _invalid_records([record for record, _ in rejected])
                observed.result = IngestResult([*errors], False, 0, rows=errors)

    async def _submit(self, batch: Sequence[ValidRecord]) -> RejectedRecords:
        request = _request(batch, self._source.producer)
        with self._ingest.observe(self._source.sender) as observed:
            observed.payload = request.payload
            try:
                ingested = await self._source.retry(self._ingest.submit, request)
            except Unavailable:
                raise
            except Exception as error:
                if not self._source.isolates_errors:
                    raise
                if len(batch) == 1:
                    log.exception("record_failed")
                    observed.error = error if isinstance(error, ServiceError) else ServiceError()
                    return [(batch[0][0], observed.error)]
                observed.is_abandoned = True  # its halves are observed
            else:
                observed.result = ingested
                return [
                    (record, result)
                    for (record, _), result in zip(batch, ingested.results, strict=True)
                    if isinstance(result, ServiceError)
                ]
        middle = len(batch) // 2
        return [*await self._submit(batch[:middle]), *await self._submit(batch[middle:])]


def _subjects(event: Event) -> list[str]:
    identifiers = [str(identifier) for identifier in event.identifiers] or [event.customer or ""]
    return [*identifiers, f"idempotencyKey:{event.idempotency_key}"]


def _request(batch: Sequence[ValidRecord], producer: str) -> IngestRequest:
    size = sum(len(record.raw) for record, _ in batch)
    records, events = [record for record, _ in batch], [event for _, event in batch]
    payload = _ValidEvents([record.sent for record in records], True, size, {}, events, records)
    return IngestRequest(payload, producer, is_lenient=True)


def _invalid_records(records: Sequence[Record]) -> Payload:
    failures = {
        position: DecodeFailure([], set(), Raw(text_json(record.raw)))
        for position, record in enumerate(records)
        if record.sent in _NO_EVENTS
    }
    size = sum(len(record.raw) for record in records)
    return _Records([record.sent for record in records], True, size, failures)
