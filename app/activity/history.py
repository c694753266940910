"""The history: the last entries of all processes, while this one has readers."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator

from app.activity.positions import Positions
from app.activity.record import Entry, Record

MAX_RECORDS = 2000
MAX_BYTES = 16 * 1024 * 1024
MAX_SOURCES = 200  # then the position of the process that was silent for longest is forgotten


class History:
    """Keeps the last entries, in the order of arrival, and the position of each process.

    Between `begin` and `sort` it collects the last entries of one process after another. Then the
    oldest by their times are dropped, not the first to arrive.
    """

    def __init__(self, max_records: int = MAX_RECORDS, max_bytes: int = MAX_BYTES) -> None:
        self.positions: Positions = {}
        self._entries: deque[Entry] = deque()
        self._bytes = 0
        self._max_records = max_records
        self._max_bytes = max_bytes
        self._is_collecting = False

    def __iter__(self) -> Iterator[Entry]:
        return iter(self._entries)

    def add(self, entry: Entry) -> int | None:
        """Adds an entry, and returns how many before it are missing; None if it is known."""
        last = self.positions.pop(entry.source, None)
        if last is not None and entry.number <= last:
            self.positions[entry.source] = last
            return None
        self.positions[entry.source] = entry.number
        if len(self.positions) > MAX_SOURCES:
            del self.positions[next(iter(self.positions))]
        self._entries.append(entry)
        self._bytes += len(entry.data)
        if not self._is_collecting:
            self._drop_oldest()
        elif self._exceeds(2):
            self._sort()
        return 0 if last is None else entry.number - last - 1

    def forget(self, matches: Callable[[Record], bool]) -> None:
        """Drops the entries whose records match. They count as missing."""
        self._entries = deque(entry for entry in self._entries if not matches(entry.record))
        self._bytes = sum(len(entry.data) for entry in self._entries)

    def sort(self) -> None:
        """Puts the collected entries in the order of their times."""
        self._is_collecting = False
        self._sort()

    def begin(self, entries: Iterable[Entry], source: str, number: int) -> None:
        """Replaces all entries by those of one process, of which `number` is the last.

        Those of others may follow, until `sort`.
        """
        self._is_collecting = True
        self._entries.clear()
        self._bytes = 0
        self.positions = {}
        for entry in entries:
            self.add(entry)
        self.positions[source] = number

    def after(self, positions: Positions) -> tuple[list[Entry], int]:
        """Returns the entries after positions, and how many are missing there."""
        found = [entry for entry in self._entries if entry.number > positions.get(entry.source, 0)]
        wanted = sum(
            max(0, number - positions[source])
            for source, number in self.positions.items()
            if source in positions
        )
        return found, wanted - sum(entry.source in positions for entry in found)

    def _sort(self) -> None:
        self._entries = deque(sorted(self._entries, key=_moment))
        self._drop_oldest()

    def _drop_oldest(self) -> None:
        while self._exceeds(1):
            self._bytes -= len(self._entries.popleft().data)

    def _exceeds(self, factor: int) -> bool:
        return (
            len(self._entries) > factor * self._max_records
            or self._bytes > factor * self._max_bytes
        )


def _moment(entry: Entry) -> tuple[str, str, int]:
    return entry.record.time, entry.source, entry.number
