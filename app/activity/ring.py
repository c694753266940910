"""The ring: the last records of this process, as JSON."""

import time
from collections import deque
from collections.abc import Callable, Iterator
from itertools import islice

from app.activity import record
from app.activity.record import Entry, Record, entries
from app.ingest.observer import ObservedRequest

MAX_RECORDS = 1000
MAX_BYTES = 8 * 1024 * 1024
MAX_AGE_SECONDS = 600.0
MAX_UNREAD_PER_SECOND = 100  # each costs CPU
FULL_SECONDS = 10.0  # after the last reader left, which may come back


class Ring:
    """Keeps the last records, within limits of their number, bytes and seconds.

    It has their JSON alone: the garbage collector would visit the objects of requests that stay.
    """

    def __init__(
        self,
        source: str,
        max_records: int = MAX_RECORDS,
        max_bytes: int = MAX_BYTES,
        max_age: float = MAX_AGE_SECONDS,
    ) -> None:
        self.source = source
        self.number = 0  # of the last record
        self._records: deque[tuple[float, int, bytes]] = deque()  # with their times and numbers
        self._bytes = 0
        self._max_records = max_records
        self._max_bytes = max_bytes
        self._max_age = max_age
        self._full_until = 0.0
        self._second = 0.0
        self._in_second = 0

    def add(self, request: ObservedRequest, limit: int | None = None) -> list[Entry]:
        """Adds the first records of a request, by default all, and returns their entries."""
        new = [*islice(entries(request, self.source, self.number + 1), limit)]
        self.number += request.count
        for entry in new:
            self._records.append((request.time, entry.number, entry.data))
            self._bytes += len(entry.data)
        while len(self._records) > self._max_records or self._bytes > self._max_bytes:
            self._drop()
        return new

    def since(self, number: int) -> Iterator[Entry]:
        """Yields the entries after a number, the oldest first."""
        self.expire()
        for _, own, data in [*self._records]:
            if own > number:
                yield record.decode(data)

    def forget(self, matches: Callable[[Record], bool]) -> None:
        """Drops the records that match."""
        kept = [item for item in self._records if not matches(record.decode(item[2]).record)]
        self._records = deque(kept)
        self._bytes = sum(len(data) for _, _, data in kept)

    def note_readers(self) -> None:
        """Keeps all records of the next seconds."""
        self._full_until = time.time() + FULL_SECONDS

    def add_unread(self, request: ObservedRequest) -> None:
        """Adds a request that has no reader now, at most 100 records in its second."""
        time = request.time
        if not self._second <= time < self._second + 1:
            self._second, self._in_second = time, 0
        count = request.count
        if time <= self._full_until:
            self.add(request)
        elif self._in_second < MAX_UNREAD_PER_SECOND:
            self.add(request, MAX_UNREAD_PER_SECOND - self._in_second)
        else:
            self.number += count
        self._in_second += count

    def expire(self) -> None:
        """Drops the records that are too old."""
        oldest = time.time() - self._max_age
        while self._records and self._records[0][0] < oldest:
            self._drop()

    def _drop(self) -> None:
        self._bytes -= len(self._records.popleft()[2])
