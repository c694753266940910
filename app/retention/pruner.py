"""The pruner: deletes the Touchpoints that are older than a retention, in bounded transactions."""

import asyncio
import contextlib
import time
from collections.abc import Callable

from msgspec import Struct

from app.domain import ids, timestamps
from app.errors import Unavailable
from app.graph.graph import Graph, Row
from app.observability.metrics import Metrics
from app.retention import index

COMMAND_LINE = "cli"  # as the author in the audit log
SETTING = "retention"  # likewise
RELEASE_TIMEOUT_SECONDS = 2.0  # to let another process begin, when this one is stopped

Report = Callable[[int], None]  # gets the number of Touchpoints deleted so far


class Preview(Struct, frozen=True):
    """The Touchpoints that are older than a retention: how many, and the time of the oldest."""

    before: str
    touchpoints: int
    oldest: str | None


class PruneResult(Struct, frozen=True):
    """The deletion of a run. It is not complete if another process has taken over."""

    before: str
    touchpoints: int
    is_complete: bool


class PruneLimits(Struct, frozen=True):
    """How much the pruner does at once.

    It deletes `batch` Touchpoints in a transaction. Then it waits `pause` times as long as that
    took, so that events have their turn. After `lease` seconds without a transaction, another
    process may take over. `scan` is the number of Touchpoints to count in a transaction.
    """

    batch: int = 1000
    pause: float = 3.0
    lease: int = 30
    scan: int = 100_000


class Pruner:
    """Deletes old Touchpoints. Of all processes on a database, one at a time does."""

    def __init__(
        self, graph: Graph, metrics: Metrics | None = None, *, limits: PruneLimits | None = None
    ) -> None:
        self._graph = graph
        self._metrics = (metrics or Metrics()).maintenance
        self._limits = limits or PruneLimits()
        self._is_indexed = False

    async def preview(self, days: int) -> Preview:
        """The Touchpoints that `prune` would delete. Raises Unavailable."""
        await self._ensure_index()
        page: Row | None = None
        count, oldest, now = 0, None, timestamps.now()[1]
        while page is None or page["end"]:
            (page,) = await self._graph.read(
                "prune_preview", days=days, now=now, page=page, scan=self._limits.scan
            )
            count += page["touchpoints"]
            oldest = oldest or page["first"]
        return Preview(_text(page["before"]), count, oldest)

    async def prune(
        self, days: int, by: str, report: Report = lambda _: None, *, interval: float = 0
    ) -> PruneResult | None:
        """Deletes all Touchpoints that occurred more than `days` days ago.

        Returns None if another process deletes some, or if the last run for these days was complete
        less than `interval` seconds ago. Raises Unavailable.
        """
        await self._ensure_index()
        holder = ids.new_prune_id()
        rows = await self._graph.write(
            "prune_begin",
            holder=holder,
            by=by,
            days=days,
            now=timestamps.now()[1],
            lease=self._limits.lease,
            interval=interval,
        )
        if not rows:
            self._metrics.set_retention_overdue(0)  # another process reports it
            return None
        (row,) = rows
        self._report_overdue(row["before"], row["oldest"])
        run = _Run(holder, row["record"] or holder, by, row["before"])
        is_complete = False
        try:
            is_complete = await self._delete(run, report)
        finally:
            await self._end(holder, days if is_complete and by == SETTING else None)
        self._metrics.set_retention_overdue(0)
        return PruneResult(_text(run.before), run.deleted, is_complete)

    async def _ensure_index(self) -> None:
        if not self._is_indexed:
            await index.ensure(self._graph)
            self._is_indexed = True

    async def _delete(self, run: "_Run", report: Report) -> bool:
        """Deletes until none is left. Returns False if another process has taken over."""
        while True:
            began = time.monotonic()
            rows = await self._graph.write(
                "prune_touchpoints",
                holder=run.holder,
                lease=self._limits.lease,
                before=run.before,
                limit=self._limits.batch,
                record=run.record,
                by=run.by,
            )
            took = time.monotonic() - began
            for row in rows:
                # The difference counts a deletion whose response was lost as well.
                self._metrics.count_pruned_touchpoints(row["deleted"] - run.deleted)
                run.deleted = row["deleted"]
                self._report_overdue(run.before, None if row["isComplete"] else row["until"])
                report(run.deleted)
            if not rows or rows[0]["isComplete"]:
                return bool(rows)
            await asyncio.sleep(took * self._limits.pause)

    def _report_overdue(self, before: list[int], oldest: list[int] | None) -> None:
        self._metrics.set_retention_overdue(max(0, before[0] - oldest[0]) if oldest else 0)

    async def _end(self, holder: str, days: int | None) -> None:
        with contextlib.suppress(Unavailable, TimeoutError):  # the lease ends by itself
            async with asyncio.timeout(RELEASE_TIMEOUT_SECONDS):
                await self._graph.write("prune_end", holder=holder, days=days)


class _Run(Struct):
    """A run of this process. `record` is its entry in the audit log."""

    holder: str
    record: str
    by: str
    before: list[int]
    deleted: int = 0


def _text(instant: list[int]) -> str:
    seconds, nanoseconds = instant
    return timestamps.text((seconds, nanoseconds))
