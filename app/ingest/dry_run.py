"""Dry runs: the result that a request would have, by its own statements, which are rolled back."""

import asyncio
from collections.abc import Container, Mapping

from msgspec import Struct

from app.domain.identifiers import Identifier
from app.domain.resolution import ResolutionLimits
from app.errors import DatabaseTimeout, ServiceError
from app.graph.graph import CALL_TIMEOUT_SECONDS, Graph
from app.ingest import writer
from app.ingest.event_names import SuggestEventName, warn_of_similar_names
from app.ingest.results import IngestResult, ingest_result, raise_for_request
from app.ingest.rows import IngestRequest, atomic_groups, build_rows
from app.ingest.suppression import SuppressionCheck, reject_suppressed
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
        blocklist: Container[Identifier],
        timeout: float = CALL_TIMEOUT_SECONDS,
    ) -> None:
        self._graph = graph
        self._limits = limits
        self._blocklist = blocklist
        self._timeout = timeout
        self._slots = asyncio.Semaphore(PARALLEL_RUNS)
        self._suppressions: SuppressionCheck | None = None
        self._suggest_event_name: SuggestEventName | None = None

    def use_suppressions(self, suppressions: SuppressionCheck) -> None:
        """Rejects the events with a suppressed identifier from now on."""
        self._suppressions = suppressions

    def use_event_names(self, suggest: SuggestEventName) -> None:
        """Warns of event names that are similar to a frequent one from now on."""
        self._suggest_event_name = suggest

    async def run(self, request: IngestRequest) -> DryRun:
        """Returns the dry run of a request. Raises as `Ingest.submit`."""
        rows = build_rows(request, self._blocklist)
        raise_for_request(request, rows)
        if self._suppressions is not None:
            rows = await reject_suppressed(request, rows, self._suppressions)
        valid = [row for row in rows if not isinstance(row, ServiceError)]
        written: list[RowResult] = []
        explanations: Explanations = {}
        if valid:
            groups = atomic_groups(valid, is_lenient=request.is_lenient)
            written, explanations = await self._preview(groups)
        result = ingest_result(request, rows, written)
        if self._suggest_event_name is not None:
            warn_of_similar_names(request, result, self._suggest_event_name)
        return DryRun(result, explanations)

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
