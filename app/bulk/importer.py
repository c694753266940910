"""Bulk import: the records of a file, kept as events in large batches."""

import asyncio
from collections.abc import Callable, Container

from msgspec import Struct

from app.bulk import checkpoint, records, source, windows
from app.bulk.checkpoint import Checkpoint
from app.bulk.formats.reader import Reader
from app.bulk.rejects import Rejects
from app.bulk.retry import patiently
from app.bulk.windows import Window
from app.bulk.writer import Checked, RecordWriter, Rejected
from app.domain import timestamps
from app.domain.identifiers import Identifier
from app.graph.graph import Graph
from app.ingest.events import Event
from app.ingest.service import Ingest

Report = Callable[[Checkpoint, int], None]  # takes where it is, and the bytes read


class Job(Struct, frozen=True):
    """A file to import, and how. Without an `identity` it cannot be resumed."""

    path: str
    size: int | None  # in bytes, where it is known
    read: Reader
    identity: str | None
    restarts: bool = False
    creates_customers: bool = False


class BulkImport:
    """Keeps the records of files in the graph, and the others in the rejects file."""

    def __init__(
        self, graph: Graph, ingest: Ingest, blocklist: Container[Identifier], rejects: Rejects
    ) -> None:
        self._graph = graph
        self._blocklist = blocklist
        self._writer = RecordWriter(ingest)
        self._rejects = rejects

    async def run(self, job: Job, report: Report) -> Checkpoint:
        """Imports a file from where it was left, and says where it is then, at the end.

        Events that share a key are written in their order. Raises SourceError, or
        Unavailable after a long outage; then all up to the last checkpoint is kept.
        """
        start = await self._start(job)
        known = self._rejects.known(job.path, start.line)
        with source.opened(job.path) as lines:
            texts = job.read(lines)
            windows.skip(lines, start)
            found = records.read(texts, job.identity, self._blocklist)
            report(start, lines.position)
            writing: asyncio.Task[Checkpoint] | None = None
            try:
                async for each in windows.windows(found, lines):
                    # Read while the one before is written.
                    start = await writing if writing else start
                    report(start, each.position)
                    writing = asyncio.create_task(self._keep(job, each, start, known))
            finally:
                end = await writing if writing else start
            report(end, lines.position)
        return end

    async def _start(self, job: Job) -> Checkpoint:
        found = None
        if job.identity and not job.restarts:
            found = await patiently(checkpoint.last, self._graph, job.identity)
        return found or Checkpoint(0, "", 0, 0)

    async def _keep(
        self, job: Job, found: Window, start: Checkpoint, known: set[int]
    ) -> Checkpoint:
        rejected: Rejected = []
        good: list[Checked] = []
        for record in found.records:
            if isinstance(record.event, Event):
                good.append((record, record.event))
            else:
                rejected.append((record, record.event))
        if job.creates_customers:
            await self._create_customers([event for _, event in good])
        rejected += await self._writer.write(good)
        self._rejects.add(job.path, rejected, known)
        stored = len(found.records) - len(rejected)
        now = Checkpoint(
            found.line, found.digest, start.stored + stored, start.rejected + len(rejected)
        )
        if job.identity:
            await patiently(checkpoint.save, self._graph, job.identity, now)
        return now

    async def _create_customers(self, events: list[Event]) -> None:
        ids = sorted({event.customer for event in events if event.customer})
        _, (seconds, nanoseconds) = timestamps.now()

        async def create() -> None:
            await self._graph.write("import_create_customers", ids=ids, now=[seconds, nanoseconds])

        if ids:
            await patiently(create)
