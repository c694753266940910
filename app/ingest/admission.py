"""Admission control: rejects at once each request that would wait too long."""

import contextlib
import math
import time
from collections.abc import Iterator

import structlog
from msgspec import Struct

from app.errors import Overloaded
from app.ingest.commit_control import CommitRate
from app.observability.metrics import Metrics

MAX_WAIT_SECONDS = 0.5  # after more than the following
UNLIMITED_ROWS = 500
UNLIMITED_REQUESTS = 32
FIRST_ROW_BYTES = 250
SMOOTHING = 0.05
LOG_INTERVAL_SECONDS = 10.0

log = structlog.get_logger()


class _Load(Struct):
    rows: int = 0
    requests: int = 0


class Reservation:
    """The place of a request of a flow. Its rows are an estimate until `settle`."""

    def __init__(self, admission: "Admission", flow: str, size: int, rows: int) -> None:
        self._admission = admission
        self.flow = flow
        self.size = size  # in bytes
        self.rows = rows

    def settle(self, rows: int) -> None:
        """Replaces the estimate by the rows of the request."""
        self._admission.settle(self, rows)


class Admission:
    """Admits a request, or rejects it at once (load shedding).

    A flow is an API key. The expected wait follows from the requests of the flow, from those of
    other flows that are served in turn with it, and from the measured commit rate. A request is
    rejected if it would wait longer than the deadline, or over half a second after many others.
    """

    def __init__(
        self,
        rate: CommitRate,
        deadline: float,
        metrics: Metrics | None = None,
        smoothing: float = SMOOTHING,
    ) -> None:
        self._rate = rate
        self._deadline = deadline
        self._smoothing = smoothing
        self._metrics = metrics or Metrics()
        self._loads: dict[str, _Load] = {}
        self._rows = 0
        self._row_bytes = float(FIRST_ROW_BYTES)
        self._rejected = 0  # since the last log event
        self._logs_at = 0.0

    @contextlib.contextmanager
    def admit(self, flow: str, size: int) -> Iterator[Reservation]:
        """Reserves the place of a request of a flow, of `size` bytes. Raises Overloaded."""
        reservation = Reservation(self, flow, size, max(1, round(size / self._row_bytes)))
        if retry_after := self._retry_after(reservation):
            self._note_rejection(retry_after)
            raise Overloaded(retry_after)
        self._add(reservation, 1)
        try:
            yield reservation
        finally:
            self._add(reservation, -1)

    def settle(self, reservation: Reservation, rows: int) -> None:
        """Replaces the estimate of a request by its rows."""
        self._add(reservation, -1)
        reservation.rows = rows
        self._add(reservation, 1)
        self._row_bytes += self._smoothing * (reservation.size / max(1, rows) - self._row_bytes)

    def _note_rejection(self, retry_after: int) -> None:
        self._metrics.count_request_shed()
        self._rejected += 1
        if (now := time.monotonic()) >= self._logs_at:
            log.warning("requests_shed", requests=self._rejected, retry_after=retry_after)
            self._rejected = 0
            self._logs_at = now + LOG_INTERVAL_SECONDS

    def _add(self, reservation: Reservation, sign: int) -> None:
        load = self._loads.setdefault(reservation.flow, _Load())
        load.rows += sign * reservation.rows
        load.requests += sign
        self._rows += sign * reservation.rows
        if not load.requests:
            del self._loads[reservation.flow]

    def _retry_after(self, reservation: Reservation) -> int | None:
        """Returns the seconds to wait before a retry, or None if the request is admitted."""
        seconds_per_row = self._rate.seconds_per_row
        if self._rows * seconds_per_row <= MAX_WAIT_SECONDS:
            return None
        rows, requests = self._before(reservation)
        wait = rows * seconds_per_row
        is_short = rows <= UNLIMITED_ROWS or requests <= UNLIMITED_REQUESTS
        max_wait = self._deadline if is_short else MAX_WAIT_SECONDS
        return max(1, math.ceil(wait - max_wait)) if wait > max_wait else None

    def _before(self, reservation: Reservation) -> tuple[int, int]:
        """Returns the rows and requests that are served before a new one, in turns of flows."""
        own = self._loads.get(reservation.flow, _Load())
        rows, requests = own.rows, own.requests
        for flow, load in self._loads.items():
            if flow != reservation.flow:
                rows += min(load.rows, own.rows + reservation.rows)
                requests += min(load.requests, own.requests + 1)
        return rows, requests
