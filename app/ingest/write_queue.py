"""The write queue: writes that wait for a commit, with a limit of rows and of bytes."""

import asyncio
from typing import Any

from msgspec import Struct

from app.errors import Unavailable
from app.ingest.fair_queue import FairQueue

MAX_QUEUE_ROWS = 50_000
MAX_QUEUE_BYTES = 64 * 1024 * 1024

Row = dict[str, Any]


class AtomicGroup(Struct, frozen=True):
    """Rows that are written or rejected together."""

    rows: list[Row]


class QueuedWrite(Struct, frozen=True, eq=False):
    """The write of a caller: its rows and bytes, the start of its wait, and its outcome."""

    groups: list[AtomicGroup]
    rows: int
    size: int  # in bytes
    since: float  # a time of the event loop
    deadline: float  # a time of the event loop
    outcome: asyncio.Future[list[Any]]


class WriteQueue:
    """Writes in turns of their flows, with the sums of their rows and bytes."""

    def __init__(self, max_rows: int = MAX_QUEUE_ROWS, max_bytes: int = MAX_QUEUE_BYTES) -> None:
        self._max_rows = max_rows
        self._max_bytes = max_bytes
        self._writes: FairQueue[QueuedWrite] = FairQueue()
        self.rows = 0
        self._bytes = 0

    def __len__(self) -> int:
        """The number of writes."""
        return len(self._writes)

    def require_room(self, rows: int, size: int) -> None:
        """Raises Unavailable if a write of this many rows and bytes exceeds a limit."""
        if self.rows + rows > self._max_rows or self._bytes + size > self._max_bytes:
            raise Unavailable("The write queue is full. Retry after 1 s.")

    def push(self, flow: str, write: QueuedWrite) -> None:
        """Adds a write of a flow."""
        self._writes.push(flow, write.rows, write)
        self.rows += write.rows
        self._bytes += write.size

    def first(self) -> QueuedWrite:
        """The write that `pop` returns next."""
        return self._writes.first()

    def pop(self) -> QueuedWrite:
        """Removes the next write, and returns it."""
        write = self._writes.pop()
        self.rows -= write.rows
        self._bytes -= write.size
        return write

    def clear(self) -> list[QueuedWrite]:
        """Removes all writes, and returns them."""
        self.rows = self._bytes = 0
        return list(self._writes.clear())
