"""The ring: the last requests of this process, of which the records are made when they are read."""

import time
from collections import deque
from collections.abc import Callable, Iterator

from app.activity.record import Entry, entries
from app.ingest.observer import ObservedRequest

MAX_RECORDS = 1000
MAX_BYTES = 8 * 1024 * 1024  # of bodies
MAX_AGE_SECONDS = 600.0
MAX_UNREAD_PER_SECOND = 100  # objects that outlive their request cost CPU
FULL_SECONDS = 10.0  # after the last reader left, which may come back


class Ring:
    """Keeps the last requests, within limits of events, bytes and seconds.

    One request may exceed the limits of events and bytes, if it is the last.
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
        self._requests: deque[tuple[int, ObservedRequest]] = deque()
        self._records = 0
        self._bytes = 0
        self._max_records = max_records
        self._max_bytes = max_bytes
        self._max_age = max_age
        self._full_until = 0.0
        self._second = 0.0
        self._in_second = 0

    def add(self, request: ObservedRequest) -> int:
        """Adds a request, and returns the number of its first record."""
        first = self.number + 1
        count = request.count
        self.number += count
        self._count(request, 1)
        self._requests.append((first, request))
        while (self._records > self._max_records or self._bytes > self._max_bytes) and len(
            self._requests
        ) > 1:
            self._drop()
        return first

    def since(self, number: int) -> Iterator[Entry]:
        """Yields the entries after a number, the oldest first."""
        self.expire()
        for first, request in self._requests:
            if first + request.count - 1 > number:
                for entry in entries(request, self.source, first):
                    if entry.number > number:
                        yield entry

    def forget(self, matches: Callable[[ObservedRequest], bool]) -> None:
        """Drops the requests that match."""
        for item in [*self._requests]:
            if matches(item[1]):
                self._requests.remove(item)
                self._count(item[1], -1)

    def note_readers(self) -> None:
        """Keeps all requests of the next seconds."""
        self._full_until = time.time() + FULL_SECONDS

    def add_unread(self, request: ObservedRequest) -> None:
        """Adds a request that has no reader now, unless there are many in its second."""
        time = request.time
        if not self._second <= time < self._second + 1:
            self._second, self._in_second = time, 0
        count = request.count
        if self._in_second < MAX_UNREAD_PER_SECOND or time <= self._full_until:
            self.add(request)
        else:
            self.number += count
        self._in_second += count

    def expire(self) -> None:
        """Drops the requests that are too old."""
        oldest = time.time() - self._max_age
        while self._requests and self._requests[0][1].time < oldest:
            self._drop()

    def _drop(self) -> None:
        self._count(self._requests.popleft()[1], -1)

    def _count(self, request: ObservedRequest, sign: int) -> None:
        self._records += sign * request.count
        self._bytes += sign * request.size
