"""The record writer: stores the records of a file in large batches, several concurrently."""

import asyncio
from collections.abc import Container, Sequence

from app.bulk.batching import batch_sequences
from app.bulk.records import Record
from app.bulk.retry import retry_while_unavailable
from app.domain.identifiers import Identifier
from app.errors import InvalidPayload, ServiceError
from app.ingest.commit_control import MAX_COMMIT_ROWS
from app.ingest.events import Event
from app.ingest.group_commit import WRITERS
from app.ingest.payload import Payload
from app.ingest.rows import IngestRequest
from app.ingest.service import Ingest

IMPORT_PRODUCER = "import"  # no API key has this ID
MAX_BATCH_BYTES = 4 * 1024 * 1024
MAX_CONCURRENT_BATCHES = 2 * WRITERS  # for each writer, one commits and one waits

ValidRecord = tuple[Record, Event]
RejectedRecords = list[tuple[Record, ServiceError]]


class _ValidEvents(Payload, frozen=True):
    """Events that are already validated."""

    events: list[Event]

    def path(self, position: int) -> str:
        return ""

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

    async def _submit(self, batch: Sequence[ValidRecord]) -> RejectedRecords:
        ingested = await retry_while_unavailable(self._ingest.submit, _request(batch))
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
    sent = [record.sent for record, _ in batch]
    events = [event for _, event in batch]
    payload = _ValidEvents(sent, True, size, {}, events)
    return IngestRequest(payload, IMPORT_PRODUCER, is_lenient=True)
