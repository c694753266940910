"""A subscription: the bounded queue of one reader of the stream."""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable
from typing import Literal

from msgspec import Struct

from app.activity.record import Entry, Record
from app.activity.record_filter import RecordFilter

MAX_RECORDS = 2000
MAX_BYTES = 8 * 1024 * 1024

Coverage = Literal["all", "instance", "process"]


class Batch(Struct, frozen=True):
    """Entries for a reader, after `skipped` records that it lost.

    `coverage` is set if it has changed.
    """

    entries: list[Entry]
    skipped: int
    coverage: Coverage | None


class Subscription:
    """Keeps the last matching entries until the reader takes them, and counts the lost ones."""

    def __init__(
        self,
        record_filter: RecordFilter,
        max_records: int = MAX_RECORDS,
        max_bytes: int = MAX_BYTES,
    ) -> None:
        self._filter = record_filter
        self._entries: deque[Entry] = deque()
        self._bytes = 0
        self._skipped = 0
        self._coverage: Coverage | None = None
        self._max_records = max_records
        self._max_bytes = max_bytes
        self._is_ready = asyncio.Event()
        self.is_closed = False

    def matches(self, entry: Entry) -> bool:
        """Whether the reader wants an entry."""
        return self._filter.matches(entry.record)

    def begin(self, entries: Iterable[Entry], skipped: int) -> None:
        """Replaces the queue by entries, before which `skipped` ones were lost."""
        self._entries.clear()
        self._bytes = 0
        self._skipped = max(0, skipped)
        for entry in entries:
            self.put(entry)
        self._is_ready.set()

    def put(self, entry: Entry, missing: int = 0) -> None:
        """Adds an entry, after `missing` ones that were lost on the way."""
        if missing:
            self._skipped += missing
            self._is_ready.set()
        if not self.matches(entry):
            return
        self._entries.append(entry)
        self._bytes += len(entry.data)
        while len(self._entries) > self._max_records or self._bytes > self._max_bytes:
            self._bytes -= len(self._entries.popleft().data)
            self._skipped += 1
        self._is_ready.set()

    def forget(self, matches: Callable[[Record], bool]) -> None:
        """Drops the entries whose records match, and counts them as lost."""
        kept = [entry for entry in self._entries if not matches(entry.record)]
        self.begin(kept, self._skipped + len(self._entries) - len(kept))

    def set_coverage(self, coverage: Coverage) -> None:
        """Reports to the reader which records the stream has."""
        self._coverage = coverage
        self._is_ready.set()

    def close(self) -> None:
        """Ends the stream, after the entries that it has."""
        self.is_closed = True
        self._is_ready.set()

    async def take(self, seconds: float) -> Batch | None:
        """Returns the entries so far; None if there are none within so many seconds."""
        try:
            async with asyncio.timeout(seconds):
                await self._is_ready.wait()
        except TimeoutError:
            return None
        self._is_ready.clear()
        batch = Batch([*self._entries], self._skipped, self._coverage)
        self._entries.clear()
        self._bytes = self._skipped = 0
        self._coverage = None
        return batch
