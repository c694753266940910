"""Dry runs: the result that a request would have, by its own statements, which are rolled back."""

import asyncio
from collections.abc import Mapping

from msgspec import Struct

from app.domain.resolution import ResolutionLimits
from app.errors import DatabaseTimeout, ServiceError
from app.graph.graph import CALL_TIMEOUT_SECONDS, Graph
from app.ingest import writer
from app.ingest.event_checks import EventChecks
from app.ingest.results import IngestResult
from app.ingest.rows import IngestRequest, atomic_groups
from app.ingest.write_queue import AtomicGroup, Row
from app.ingest.writer import RowResult

PARALLEL_RUNS = 2  # each holds the locks of its events until its end

Explanations = Mapping[str, Row]  # rows of `explanation.cypher`, by the ID of the event


class DryRun(Struct, frozen=True):
    """The result of a request, and the explanations of the events that it would store."""

    result: IngestResult
    explanations: Explanations


class DryRunner:
    """Writes the events of a request, explains them, and rolls all of it back."""

    def __init__(
        self,
        graph: Graph,
        limits: ResolutionLimits,
        checks: EventChecks,
        timeout: float = CALL_TIMEOUT_SECONDS,
    ) -> None:
        self._graph = graph
        self._limits = limits
        self._checks = checks
        self._timeout = timeout
        self._slots = asyncio.Semaphore(PARALLEL_RUNS)

    async def run(self, request: IngestRequest) -> DryRun:
        """Returns the dry run of a request. Raises as `Ingest.submit`."""
        rows = await self._checks.reject_suppressed(request, self._checks.rows(request))
        valid = [row for row in rows if not isinstance(row, ServiceError)]
        written: list[RowResult] = []
        explanations: Explanations = {}
        if valid:
            groups = atomic_groups(valid, is_lenient=request.is_lenient)
            written, explanations = await self._preview(groups)
        return DryRun(self._checks.result(request, rows, written), explanations)

    async def _preview(self, groups: list[AtomicGroup]) -> tuple[list[RowResult], Explanations]:
        deadline = asyncio.get_running_loop().time() + self._timeout
        event_ids = list(dict.fromkeys(row["id"] for group in groups for row in group.rows))
        parts, order, _ = writer.statements(self._limits, groups)
        reads = [("explanation", {"event": event_id}) for event_id in event_ids]
        try:
            async with asyncio.timeout_at(deadline), self._slots:
                written, explained = await self._graph.preview(parts, reads, deadline)
        except TimeoutError:
            raise DatabaseTimeout() from None
        explanations = {
            event_id: rows[0] for event_id, rows in zip(event_ids, explained, strict=True) if rows
        }
        return writer.results([row for (row,) in written], order), explanations
