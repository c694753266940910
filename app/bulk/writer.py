"""The record writer: keeps the records of a file in large batches, several at once."""

import asyncio
from collections.abc import Container, Sequence

from app.bulk.batching import chains
from app.bulk.records import Record
from app.bulk.retry import patiently
from app.domain.identifiers import Identifier
from app.errors import InvalidPayload, ServiceError
from app.ingest.commit_control import MAX_ROWS
from app.ingest.events import Event
from app.ingest.group_commit import WRITERS
from app.ingest.payload import Payload
from app.ingest.rows import IngestRequest
from app.ingest.service import Ingest

PRODUCER = "import"  # no API key's
BATCH_BYTES = 4 * 1024 * 1024
IN_FLIGHT = 2 * WRITERS  # a batch waits for each writer while it commits another

Checked = tuple[Record, Event]
Rejected = list[tuple[Record, ServiceError]]


class _Events(Payload, frozen=True):
    """Events that were checked when they were read."""

    events: list[Event]

    def path(self, position: int) -> str:
        return ""

    def check(self, blocklist: Container[Identifier]) -> list[Event | InvalidPayload]:
        return list(self.events)


class RecordWriter:
    """Keeps records through the ingest. Those that share a key are written in their order."""

    def __init__(self, ingest: Ingest) -> None:
        self._ingest = ingest

    async def write(self, good: Sequence[Checked]) -> Rejected:
        """Keeps records, and returns those that the graph refused. Raises Unavailable."""
        rejected: Rejected = []
        found = chains(
            [_subjects(event) for _, event in good],
            [len(record.raw) for record, _ in good],
            MAX_ROWS,
            BATCH_BYTES,
        )
        queue = iter(found)

        async def work() -> None:
            for chain in queue:
                for batch in chain:
                    rejected.extend(await self._submit([good[position] for position in batch]))

        await asyncio.gather(*(work() for _ in range(IN_FLIGHT)))
        return rejected

    async def _submit(self, batch: Sequence[Checked]) -> Rejected:
        receipt = await patiently(self._ingest.submit, _request(batch))
        return [
            (record, result)
            for (record, _), result in zip(batch, receipt.results, strict=True)
            if isinstance(result, ServiceError)
        ]


def _subjects(event: Event) -> list[str]:
    identifiers = [str(identifier) for identifier in event.identifiers] or [event.customer or ""]
    return [*identifiers, f"idempotencyKey:{event.idempotency_key}"]


def _request(batch: Sequence[Checked]) -> IngestRequest:
    size = sum(len(record.raw) for record, _ in batch)
    sent = [record.sent for record, _ in batch]
    events = [event for _, event in batch]
    return IngestRequest(_Events(sent, True, size, {}, events), PRODUCER, is_lenient=True)
