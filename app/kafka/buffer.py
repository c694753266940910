"""The buffer: records that were received and are not yet being stored."""

import asyncio
from collections.abc import Iterable

from msgspec import Struct

from app.kafka.assignment import Partition
from app.kafka.records import ReceivedRecord

MAX_BYTES = 32 * 1024 * 1024


class Window(Struct, eq=False):
    """Records that are stored together, and the offset after the last one of each partition."""

    records: list[ReceivedRecord]
    positions: dict[Partition, int]

    def without(self, partitions: Iterable[Partition]) -> "Window":
        """The window without the records of these partitions."""
        removed = set(partitions)
        return Window(
            [received for received in self.records if received.partition not in removed],
            {own: offset for own, offset in self.positions.items() if own not in removed},
        )


class Buffer:
    """The next window. It has room for `max_records` and 32 MiB."""

    def __init__(self, max_records: int, max_bytes: int = MAX_BYTES) -> None:
        self._max_records = max_records
        self._max_bytes = max_bytes
        self._next = Window([], {})
        self._bytes = 0
        self._is_filled = asyncio.Event()
        self._has_room = asyncio.Event()
        self._has_room.set()

    @property
    def room(self) -> int:
        """The number of records that may be added now."""
        return 0 if self._bytes >= self._max_bytes else self._max_records - len(self._next.records)

    def add(self, received: ReceivedRecord) -> None:
        """Adds the next record of its partition."""
        self._next.records.append(received)
        self._bytes += _size(received)
        self.advance(received.partition, received.offset + 1)

    def advance(self, partition: Partition, offset: int) -> None:
        """Notes that a partition has no further record before an offset."""
        partition.position = offset
        self._next.positions[partition] = offset
        self._signal()

    async def wait_for_room(self, seconds: float) -> bool:
        """Waits so long for room at most. Returns whether there is any."""
        return await _wait(self._has_room, seconds)

    async def take(self) -> Window:
        """Waits for records, removes all, and returns them."""
        await self._is_filled.wait()
        window, self._next, self._bytes = self._next, Window([], {}), 0
        self._signal()
        return window

    def put_back(self, window: Window) -> None:
        """Puts a window back that was taken last, and not stored."""
        positions = {**window.positions, **self._next.positions}
        self._next = Window([*window.records, *self._next.records], positions)
        self._count()

    def drop(self, partitions: Iterable[Partition]) -> None:
        """Removes the records of these partitions."""
        self._next = self._next.without(partitions)
        self._count()

    def _count(self) -> None:
        self._bytes = sum(map(_size, self._next.records))
        self._signal()

    def _signal(self) -> None:
        for event, is_set in (
            (self._is_filled, bool(self._next.positions)),
            (self._has_room, self.room > 0),
        ):
            event.set() if is_set else event.clear()


def _size(received: ReceivedRecord) -> int:
    return len(received.record.raw)


async def _wait(event: asyncio.Event, seconds: float) -> bool:
    try:
        async with asyncio.timeout(seconds):
            return await event.wait()
    except TimeoutError:
        return False
