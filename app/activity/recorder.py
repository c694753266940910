"""The recorder: adds rejections and statistics of this process to those in the graph."""

import asyncio
import contextlib
import time

import structlog
from msgspec import Struct

from app.activity import statistics
from app.activity.rejection_groups import MAX_GROUPS, RejectionGroups
from app.activity.statistics import MAX_NAMES, EventStatistics
from app.domain import ids
from app.errors import Unavailable
from app.graph.graph import Graph, Row
from app.graph.periodic import repeat
from app.ingest.observer import ObservedRequest
from app.observability.metrics import Metrics

WRITE_INTERVAL_SECONDS = 1.0
FORGET_INTERVAL_SECONDS = 600.0
FORGET_LIMIT = 1000  # of each kind, in a transaction
LAST_WRITE_TIMEOUT_SECONDS = 2.0

_DAY = statistics.DAY_SECONDS

log = structlog.get_logger()


class Retention(Struct, frozen=True):
    """How long the graph keeps what was recorded, in seconds."""

    groups: int = 30 * _DAY  # since they were last seen
    minutes: int = 2 * 3600
    days: int = 31 * _DAY


class ActivityRecorder:
    """An observer of ingest. It counts in memory, and writes in the background.

    Each write has a number. If its outcome is unknown, it is repeated with that number, and the
    graph counts it once. A process that is killed loses the counts of the last second.
    """

    def __init__(
        self,
        graph: Graph,
        metrics: Metrics | None = None,
        *,
        has_samples: bool = True,
        retention: Retention | None = None,
    ) -> None:
        self._graph = graph
        self._has_samples = has_samples
        self._retention = retention or Retention()
        self._writer = ids.new_activity_writer_id()
        self._sequence = 0
        self._unwritten: Row | None = None  # the last write, if its outcome is unknown
        self._groups = RejectionGroups(metrics, has_samples=has_samples)
        self._statistics = EventStatistics()

    def observe(self, request: ObservedRequest) -> None:
        """Counts the events of a request."""
        if request.is_rejected and (rejected := self._groups.add(request)):
            self._statistics.add_rejected(request.time, rejected)
        if result := request.result:
            self._statistics.add_stored(request.time, result)

    async def run(self) -> None:
        """Writes what was counted every second until cancelled, and then once more."""
        try:
            while True:
                await asyncio.sleep(WRITE_INTERVAL_SECONDS)
                await self._write_safely()
        finally:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LAST_WRITE_TIMEOUT_SECONDS):
                    await self._write_safely()

    async def watch(self) -> None:
        """Deletes what is past its retention, until cancelled."""
        await repeat(
            self.forget,
            FORGET_INTERVAL_SECONDS,
            lambda: log.exception("activity_retention_failed"),
        )

    async def write(self) -> None:
        """Writes what was counted, if there is any.

        Raises Unavailable; the next call repeats the write.
        """
        if self._unwritten is None:
            keys, buckets = self._groups.take(), self._statistics.take()
            if not (keys or buckets):
                return
            self._sequence += 1
            self._unwritten = {
                "writer": self._writer,
                "sequence": self._sequence,
                "maxGroups": MAX_GROUPS,
                "maxNames": MAX_NAMES,
                "keys": keys,
                "buckets": buckets,
            }
        try:
            await self._graph.write("activity_record", batch=self._unwritten)
        except (Unavailable, asyncio.CancelledError):
            raise
        except Exception:
            self._unwritten = None  # a defect: a repeat would fail as well
            raise
        self._unwritten = None

    async def forget(self) -> None:
        """Deletes what is past its retention, in bounded transactions. Raises Unavailable."""
        now = int(time.time())
        oldest = now - self._retention.groups
        deleted = FORGET_LIMIT
        while deleted >= FORGET_LIMIT:
            (row,) = await self._graph.write(
                "activity_forget",
                groupsBefore=oldest,
                minutesBefore=now - self._retention.minutes,
                daysBefore=now - self._retention.days,
                writersBefore=ids.activity_writer_id_at(oldest),
                keepSamples=self._has_samples,
                limit=FORGET_LIMIT,
            )
            deleted = row["deleted"]

    async def _write_safely(self) -> None:
        try:
            await self.write()
        except Unavailable:
            pass  # the log has the cause; the next call repeats the write
        except Exception:
            log.exception("activity_write_failed")
