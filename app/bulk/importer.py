"""Import: stores the records of a file as events, in large batches."""

import asyncio
from collections.abc import Callable, Container

from msgspec import Struct

from app.bulk import checkpoint, records, source, windows
from app.bulk.checkpoint import Checkpoint
from app.bulk.formats.reader import Reader
from app.bulk.rejects import RejectsFile
from app.bulk.retry import retry_while_unavailable
from app.bulk.windows import Window
from app.bulk.writer import RecordWriter, RejectedRecords, ValidRecord
from app.domain import timestamps
from app.domain.identifiers import Identifier
from app.graph.graph import Graph
from app.ingest.events import Event
from app.ingest.service import Ingest

ReportProgress = Callable[[Checkpoint, int], None]  # takes the checkpoint and the bytes read


class ImportJob(Struct, frozen=True):
    """A file to import, with its options. Without an `import_id` it cannot resume."""

    path: str
    size: int | None  # in bytes; None for standard input
    read: Reader
    import_id: str | None
    restarts: bool = False
    creates_customers: bool = False


class Importer:
    """Stores the records of files in the graph, and the rejected ones in the rejects file."""

    def __init__(
        self, graph: Graph, ingest: Ingest, blocklist: Container[Identifier], rejects: RejectsFile
    ) -> None:
        self._graph = graph
        self._ingest = ingest
        self._blocklist = blocklist
        self._writer = RecordWriter(ingest)
        self._rejects = rejects

    async def run(self, job: ImportJob, report: ReportProgress) -> Checkpoint:
        """Imports a file from its last checkpoint to its end, and returns the checkpoint there.

        Events that share an identifier are written in their order. Raises SourceError, or
        Unavailable after a long outage. All events up to the last checkpoint remain stored.
        """
        start = await self._start(job)
        known_rejects = self._rejects.recover(job.path, start.line)
        with source.open_lines(job.path) as lines:
            raw_records = job.read(lines)  # a header row is read now, before lines are skipped
            windows.skip(lines, start)
            parsed = records.parse(raw_records, job.import_id, self._blocklist)
            report(start, lines.position)
            storing: asyncio.Task[Checkpoint] | None = None
            try:
                async for window in windows.split(parsed, lines):
                    # This window was read while the window before it is stored.
                    start = await storing if storing else start
                    report(start, window.position)
                    storing = asyncio.create_task(self._store(job, window, start, known_rejects))
            finally:
                end = await storing if storing else start
            report(end, lines.position)
        return end

    async def _start(self, job: ImportJob) -> Checkpoint:
        last = None
        if job.import_id and not job.restarts:
            last = await retry_while_unavailable(checkpoint.load, self._graph, job.import_id)
        return last or Checkpoint(0, "", 0, 0)

    async def _store(
        self, job: ImportJob, window: Window, start: Checkpoint, known_rejects: set[int]
    ) -> Checkpoint:
        rejected: RejectedRecords = []
        valid: list[ValidRecord] = []
        for record in window.records:
            if isinstance(record.event, Event):
                valid.append((record, record.event))
            else:
                rejected.append((record, record.event))
        if job.creates_customers:
            await self._create_customers([event for _, event in valid])
        self._writer.note_invalid(rejected)
        rejected += await self._writer.write(valid)
        self._rejects.append(job.path, rejected, known_rejects)
        stored = len(window.records) - len(rejected)
        end = Checkpoint(
            window.line, window.digest, start.stored + stored, start.rejected + len(rejected)
        )
        if job.import_id:
            await retry_while_unavailable(checkpoint.save, self._graph, job.import_id, end)
        return end

    async def _create_customers(self, events: list[Event]) -> None:
        allowed = await retry_while_unavailable(self._ingest.without_suppressed, events)
        ids = sorted({event.customer for event in allowed if event.customer})
        _, (seconds, nanoseconds) = timestamps.now()

        async def create() -> None:
            await self._graph.write("import_create_customers", ids=ids, now=[seconds, nanoseconds])

        if ids:
            await retry_while_unavailable(create)
