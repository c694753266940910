"""Ingest: resolves events to Customers and stores them as Touchpoints."""

from collections.abc import Container, Sequence
from contextlib import AbstractContextManager

from app.domain.identifiers import Identifier
from app.errors import ServiceError
from app.ingest.admission import Admission, Reservation
from app.ingest.event_names import SuggestEventName, warn_of_similar_names
from app.ingest.events import Event
from app.ingest.fair_lock import FairLock
from app.ingest.group_commit import GroupCommit
from app.ingest.observer import IngestObserver, Observation, ObservedRequest, Sender
from app.ingest.results import IngestResult, code, ingest_result, raise_for_request
from app.ingest.rows import IngestRequest, atomic_groups, build_rows
from app.ingest.suppression import SuppressionCheck, reject_suppressed, without_suppressed
from app.ingest.write_queue import Row
from app.ingest.writer import RowResult
from app.observability.metrics import Metrics
from app.observability.tracing import Tracing

LARGE_REQUEST_BYTES = 8 * 1024  # takes milliseconds of the event loop


class Ingest:
    """Stores requests in the graph. A blocked identifier is ignored, a suppressed one rejected."""

    def __init__(
        self,
        commits: GroupCommit,
        blocklist: Container[Identifier],
        metrics: Metrics | None = None,
        tracing: Tracing | None = None,
        observers: Sequence[IngestObserver] = (),
    ) -> None:
        self._commits = commits
        self._blocklist = blocklist
        self._metrics = metrics or Metrics()
        self._normalising = FairLock()
        self._admission = Admission(commits.rate, commits.deadline, self._metrics)
        self._tracing = tracing or Tracing()
        self._observers = observers
        self._suppressions: SuppressionCheck | None = None
        self._suggest_event_name: SuggestEventName | None = None

    def use_suppressions(self, suppressions: SuppressionCheck) -> None:
        """Rejects the events with a suppressed identifier from now on."""
        self._suppressions = suppressions

    def use_event_names(self, suggest: SuggestEventName) -> None:
        """Warns of event names that are similar to a frequent one from now on."""
        self._suggest_event_name = suggest

    async def without_suppressed(self, events: list[Event]) -> list[Event]:
        """The events without a suppressed identifier. Raises Unavailable."""
        if self._suppressions is None:
            return events
        return await without_suppressed(events, self._suppressions)

    def observe(self, sender: Sender) -> Observation:
        """Opens the observation of a request. Observers are notified at its end."""
        return Observation(self._observers, ObservedRequest(sender))

    def admit(self, producer: str, size: int) -> AbstractContextManager[Reservation]:
        """Reserves the place of a request of a producer, of `size` bytes, until its end.

        Raises Overloaded at once if it would wait too long.
        """
        return self._admission.admit(producer, size)

    async def submit(self, request: IngestRequest) -> IngestResult:
        """Commits the events of a request, and returns their results.

        Raises InvalidPayload, Suppressed or IdempotencyConflict, without a write; or Unavailable,
        after which a retry is safe only with an idempotency key.
        """
        events = len(request.payload.sent)
        try:
            with self._tracing.trace_write(events):
                return await self._store(request)
        except Exception as error:
            self._metrics.count_events({(code(error), ""): events})
            raise

    async def _store(self, request: IngestRequest) -> IngestResult:
        rows = await self._rows(request)
        raise_for_request(request, rows)
        if self._suppressions is not None:
            rows = await reject_suppressed(request, rows, self._suppressions)
        written = await self._write(request, rows)
        result = ingest_result(request, rows, written)
        if self._suggest_event_name is not None:
            warn_of_similar_names(request, result, self._suggest_event_name)
        self._metrics.count_events(result.outcomes)
        return result

    async def _rows(self, request: IngestRequest) -> list[Row | ServiceError]:
        size = request.payload.size
        if size < LARGE_REQUEST_BYTES:
            return build_rows(request, self._blocklist)
        async with self._normalising.held(request.producer, size):
            return build_rows(request, self._blocklist)

    async def _write(
        self, request: IngestRequest, rows: list[Row | ServiceError]
    ) -> list[RowResult]:
        valid = [row for row in rows if not isinstance(row, ServiceError)]
        if not valid:
            return []
        groups = atomic_groups(valid, is_lenient=request.is_lenient)
        return await self._commits.submit(groups, request.payload.size, request.producer)
