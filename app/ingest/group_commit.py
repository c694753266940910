"""Group commit: writes that arrive during a commit share the next one."""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

import structlog

from app.errors import DatabaseTimeout, Unavailable
from app.ingest.commit_control import CommitLimit, CommitRate
from app.ingest.write_queue import AtomicGroup, QueuedWrite, WriteQueue
from app.observability.metrics import Metrics

WRITERS = 2  # measured: a third gains nothing
# This many rows do not wait for a running commit; fewer wait for one with more rows.
PARALLEL_COMMIT_ROWS = 32
MAX_BATCH_WAIT_SECONDS = 0.1  # for the end of a running commit

INTERRUPTED = "The write was interrupted. Retry with the same idempotency key."

log = structlog.get_logger()

Write = Callable[[list[AtomicGroup], float], Awaitable[list[Any]]]


class GroupCommit:
    """Passes waiting writes to `write` in groups, and returns to each caller its own results.

    A single write is committed at once. Writes that arrive during a commit share the next one. It
    begins when the running commit ends, or in parallel once enough rows wait. Callers take turns,
    by their `flow`. The measured time of commits sets their size and number. The writes of one
    caller stay together and in order. A write that fails affects no other caller.
    """

    def __init__(
        self,
        write: Write,
        deadline: float,
        metrics: Metrics | None = None,
        queue: WriteQueue | None = None,
        max_batch_wait: float = MAX_BATCH_WAIT_SECONDS,
    ) -> None:
        self._metrics = metrics or Metrics()
        self._write = write
        self._max_batch_wait = max_batch_wait
        self.deadline = deadline
        self.rate = CommitRate()
        self._limit = CommitLimit()
        self._queue = WriteQueue() if queue is None else queue
        self._running = 0
        self._commits = 0
        self._arrival = asyncio.Event()

    @property
    def queued(self) -> int:
        """The number of rows in the write queue."""
        return self._queue.rows

    async def submit(self, groups: list[AtomicGroup], size: int, flow: str = "") -> list[Any]:
        """Commits `groups`, of `size` bytes, and returns the result of each row, in order.

        Raises Unavailable if the write queue is full or the deadline passes, and the errors of the
        write.
        """
        rows = sum(len(group.rows) for group in groups)
        self._queue.require_room(rows, size)
        loop = asyncio.get_running_loop()
        now = loop.time()
        outcome = loop.create_future()
        waiting = QueuedWrite(groups, rows, size, now, now + self.deadline, outcome)
        self._queue.push(flow, waiting)
        self._metrics.set_queue_depth(self._queue.rows)
        if len(self._queue) == 1 or self._is_due():
            self._arrival.set()
        timer = loop.call_at(waiting.deadline, _reject, [waiting], DatabaseTimeout())
        try:
            return await outcome
        finally:
            timer.cancel()

    async def run(self) -> None:
        """Commits submitted writes until cancelled, and then rejects the waiting ones."""
        while True:
            try:
                async with asyncio.TaskGroup() as writers:
                    for _ in range(WRITERS):
                        writers.create_task(self._commit_for_ever())
            except* Exception:
                log.exception("group_commit_failed")
            finally:
                self._reject_all()

    def _reject_all(self) -> None:
        _reject(self._queue.clear(), Unavailable(INTERRUPTED))
        self._metrics.set_queue_depth(0)

    async def _commit_for_ever(self) -> None:
        while True:
            await self._until_due()
            await self._commit_next()

    async def _commit_next(self) -> None:
        batch = self._take()
        rows = sum(waiting.rows for waiting in batch)
        self._running += rows
        self._commits += 1
        try:
            await self._commit(batch)
        finally:
            self._running -= rows
            self._commits -= 1
            _reject(batch, Unavailable(INTERRUPTED))
            if self._queue:
                self._arrival.set()  # the other writer may have room as well

    async def _until_due(self) -> None:
        while not self._is_due():
            self._arrival.clear()
            timeout = None
            if self._queue and self._is_room():
                due_at = self._queue.first().since + self._max_batch_wait
                timeout = due_at - asyncio.get_running_loop().time()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(timeout):
                    await self._arrival.wait()

    def _is_due(self) -> bool:
        """Whether the next commit begins now."""
        if not self._queue or not self._is_room():
            return False
        if self._queue.rows >= min(self._running, PARALLEL_COMMIT_ROWS):
            return True
        return asyncio.get_running_loop().time() - self._queue.first().since >= self._max_batch_wait

    def _is_room(self) -> bool:
        # A request is not split: one with more rows than the limit is committed alone.
        return not self._running or self._queue.first().rows <= self._limit.with_running(
            self._running
        )

    def _take(self) -> list[QueuedWrite]:
        batch: list[QueuedWrite] = []
        rows, limit = 0, self._limit.with_running(self._running)
        while self._queue and (not batch or rows + self._queue.first().rows <= limit):
            waiting = self._queue.pop()
            if not waiting.outcome.done():  # the caller is still waiting
                batch.append(waiting)
                rows += waiting.rows
        self._metrics.set_queue_depth(self._queue.rows)
        return batch

    async def _commit(self, batch: list[QueuedWrite]) -> None:
        if not batch:
            return
        began = time.perf_counter()
        # After the last deadline, no caller waits for another attempt.
        deadline = max(waiting.deadline for waiting in batch)
        try:
            groups = [group for waiting in batch for group in waiting.groups]
            results = await self._write(groups, deadline)
        except Unavailable as error:
            _reject(batch, error)
        except Exception as error:
            if len(batch) == 1:
                _reject(batch, error)
                return
            log.warning("group_commit_split", writes=len(batch), error=str(error))
            for waiting in batch:
                await self._commit([waiting])
        else:
            self._observe(len(results), began, time.perf_counter())
            position = 0
            for waiting in batch:
                if not waiting.outcome.done():
                    waiting.outcome.set_result(results[position : position + waiting.rows])
                position += waiting.rows

    def _observe(self, rows: int, began: float, ended: float) -> None:
        self._metrics.observe_commit(rows, ended - began)
        self.rate.observe(max(rows, self._limit.rows), ended - began, self._commits)
        self._limit.observe(rows, began, ended)


def _reject(batch: Iterable[QueuedWrite], error: Exception) -> None:
    for waiting in batch:
        if not waiting.outcome.done():
            waiting.outcome.set_exception(error)
