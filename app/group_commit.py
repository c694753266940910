"""Group commit: writes that wait for a commit share the next one."""

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

import structlog
from msgspec import Struct

from app.errors import NoAnswer, Unavailable
from app.figures import Figures

WRITERS = 2  # measured: a third gains nothing
BESIDE = 32  # rows that never wait for the end of a commit; fewer do while it has more than they
LONGEST = 0.1  # seconds for which they wait, should the other one take that long
COMMIT_ROWS = 500
QUEUE_ROWS = 50_000
QUEUE_BYTES = 64 * 1024 * 1024

log = structlog.get_logger()

Row = dict[str, Any]
Write = Callable[[list["Unit"]], Awaitable[list[Any]]]


class Unit(Struct, frozen=True):
    """The rows that stand or fall together."""

    rows: list[Row]


class _Waiting(Struct, frozen=True, eq=False):
    units: list[Unit]
    rows: int
    size: int
    since: float
    outcome: asyncio.Future[list[Any]]


class GroupCommit:
    """Hands waiting writes to `write`, several at a time, and each its own part of the result.

    A lone write is committed at once. While a commit runs, what arrives shares the next one, which
    begins when that has ended, or beside it once enough has arrived. The writes of one caller stay
    together and in order. An error that is one caller's fault reaches nobody else.
    """

    def __init__(self, write: Write, deadline: float, figures: Figures | None = None) -> None:
        self._figures = figures or Figures()
        self._write = write
        self._deadline = deadline
        self._queue: deque[_Waiting] = deque()
        self._rows = 0
        self._bytes = 0
        self._running = 0
        self._arrival = asyncio.Event()

    async def submit(self, units: list[Unit], size: int) -> list[Any]:
        """What came of each row of `units`, in order, committed. `size` is theirs, in bytes.

        Raises Unavailable when too much waits, or after the deadline; or what the write raised.
        """
        rows = sum(len(unit.rows) for unit in units)
        if self._rows + rows > QUEUE_ROWS or self._bytes + size > QUEUE_BYTES:
            raise Unavailable("too many writes wait for the database")
        loop = asyncio.get_running_loop()
        waiting = _Waiting(units, rows, size, time.monotonic(), loop.create_future())
        self._queue.append(waiting)
        self._rows += rows
        self._bytes += size
        self._figures.queued(self._rows)
        if len(self._queue) == 1 or self._is_due():
            self._arrival.set()
        timer = loop.call_later(self._deadline, _refuse, [waiting], NoAnswer())
        try:
            return await waiting.outcome
        finally:
            timer.cancel()

    async def run(self) -> None:
        """Commits what is submitted, until it is cancelled; then whatever waits is refused."""
        while True:
            try:
                async with asyncio.TaskGroup() as writers:
                    for _ in range(WRITERS):
                        writers.create_task(self._commit_for_ever())
            except* Exception:
                log.exception("writer_failed")
            finally:
                self._refuse_all()

    def _refuse_all(self) -> None:
        _refuse(self._queue, Unavailable("the write was interrupted"))
        self._queue.clear()
        self._rows = self._bytes = 0
        self._figures.queued(0)

    async def _commit_for_ever(self) -> None:
        while True:
            await self._until_due()
            batch = self._take()
            rows = sum(waiting.rows for waiting in batch)
            self._running += rows
            try:
                await self._commit(batch)
            finally:
                self._running -= rows
                _refuse(batch, Unavailable("the write was interrupted"))

    async def _until_due(self) -> None:
        while not self._is_due():
            self._arrival.clear()
            longest = self._queue[0].since + LONGEST - time.monotonic() if self._queue else None
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(longest):
                    await self._arrival.wait()

    def _is_due(self) -> bool:
        """Whether what waits is to be committed now."""
        if self._rows >= min(self._running, BESIDE):
            return bool(self._queue)
        return bool(self._queue) and time.monotonic() - self._queue[0].since >= LONGEST

    def _take(self) -> list[_Waiting]:
        batch: list[_Waiting] = []
        rows = 0
        while self._queue and (not batch or rows + self._queue[0].rows <= COMMIT_ROWS):
            waiting = self._queue.popleft()
            self._rows -= waiting.rows
            self._bytes -= waiting.size
            if not waiting.outcome.done():  # its caller still waits
                batch.append(waiting)
                rows += waiting.rows
        self._figures.queued(self._rows)
        return batch

    async def _commit(self, batch: list[_Waiting]) -> None:
        if not batch:
            return
        started = time.perf_counter()
        try:
            results = await self._write([unit for waiting in batch for unit in waiting.units])
        except Unavailable as error:
            _refuse(batch, error)
        except Exception as error:
            if len(batch) == 1:
                _refuse(batch, error)
                return
            log.warning("group_split", writes=len(batch), error=str(error))
            for waiting in batch:
                await self._commit([waiting])
        else:
            self._figures.committed(len(results), time.perf_counter() - started)
            position = 0
            for waiting in batch:
                if not waiting.outcome.done():
                    waiting.outcome.set_result(results[position : position + waiting.rows])
                position += waiting.rows


def _refuse(batch: Iterable[_Waiting], error: Exception) -> None:
    for waiting in batch:
        if not waiting.outcome.done():
            waiting.outcome.set_exception(error)
