"""Ingest: resolves events to Customers and stores them as Touchpoints."""

from collections.abc import Sequence
from contextlib import AbstractContextManager

from app.errors import ServiceError
from app.ingest.admission import Admission, Reservation
from app.ingest.event_checks import EventChecks
from app.ingest.events import Event
from app.ingest.fair_lock import FairLock
from app.ingest.group_commit import GroupCommit
from app.ingest.observer import IngestObserver, Observation, ObservedRequest, Sender
from app.ingest.results import IngestResult, code
from app.ingest.rows import IngestRequest, atomic_groups
from app.ingest.write_queue import Row
from app.ingest.writer import RowResult
from app.observability.metrics import Metrics
from app.observability.tracing import Tracing

LARGE_REQUEST_BYTES = 8 * 1024  # takes milliseconds of the event loop


class Ingest:
    """Stores requests in the graph, once their events are checked."""

    def __init__(
        self,
        commits: GroupCommit,
        checks: EventChecks,
        metrics: Metrics | None = None,
        tracing: Tracing | None = None,
        observers: Sequence[IngestObserver] = (),
    ) -> None:
        self._commits = commits
        self._checks = checks
        self._metrics = metrics or Metrics()
        self._normalising = FairLock()
        self._admission = Admission(commits.rate, commits.deadline, self._metrics)
        self._tracing = tracing or Tracing()
        self._observers = observers

    async def without_suppressed(self, events: list[Event]) -> list[Event]:
        """The events without a suppressed identifier. Raises Unavailable."""
        return await self._checks.without_suppressed(events)

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
        rows = await self._checks.reject_suppressed(request, await self._rows(request))
        result = self._checks.result(request, rows, await self._write(request, rows))
        self._metrics.count_events(result.outcomes)
        return result

    async def _rows(self, request: IngestRequest) -> list[Row | ServiceError]:
        size = request.payload.size
        if size < LARGE_REQUEST_BYTES:
            return self._checks.rows(request)
        async with self._normalising.held(request.producer, size):
            return self._checks.rows(request)

    async def _write(
        self, request: IngestRequest, rows: list[Row | ServiceError]
    ) -> list[RowResult]:
        valid = [row for row in rows if not isinstance(row, ServiceError)]
        if not valid:
            return []
        groups = atomic_groups(valid, is_lenient=request.is_lenient)
        return await self._commits.submit(groups, request.payload.size, request.producer)
