"""Statistics: how many events a minute and a day had, counted in memory until they are written."""

from collections.abc import Iterable

from msgspec import Struct, field

from app.errors import ServiceError
from app.graph.graph import Row
from app.ingest.results import IngestResult

MINUTE_SECONDS, DAY_SECONDS = 60, 86_400
MAX_NAMES = 50  # of events, of a minute or a day
MAX_PENDING_NAMES = 500  # of a minute, between two writes
MAX_PENDING_MINUTES = 60  # while Neo4j is unavailable


class _Bucket(Struct):
    stored: int = 0
    new_customers: int = 0
    rejected: int = 0
    names: dict[str, int] = field(default_factory=dict[str, int])

    def add(self, other: "_Bucket") -> None:
        self.stored += other.stored
        self.new_customers += other.new_customers
        self.rejected += other.rejected
        for name, count in other.names.items():
            self.names[name] = self.names.get(name, 0) + count


class EventStatistics:
    """Counts stored events by name, new Customers and rejected events, by the minute of receipt.

    A replayed event counts when it is stored first. Its memory is bounded: names beyond the bound
    count in the number of stored events alone.
    """

    def __init__(self) -> None:
        self._minutes: dict[int, _Bucket] = {}
        self._begin = self._end = 0.0  # of the minute of the last request
        self._current = _Bucket()
        self._older: dict[int, _Bucket] = {}  # by day: minutes for which there was no room

    def add_stored(self, time: float, result: IngestResult) -> None:
        """Counts the stored events of a request."""
        bucket = self._current if self._begin <= time < self._end else self._minute(time)
        stored = 0
        for (outcome, resolved), count in result.outcomes.items():
            if outcome == "stored":
                stored += count
                if resolved == "new":
                    bucket.new_customers += count
        bucket.stored += stored
        names = bucket.names
        for row in result.rows if stored == len(result.rows) else _stored_rows(result):
            name = row["event"]  # type: ignore[index] # a stored one is no error
            if name in names:
                names[name] += 1
            elif len(names) < MAX_PENDING_NAMES:
                names[name] = 1

    def add_rejected(self, time: float, events: int) -> None:
        """Counts rejected events."""
        self._minute(time).rejected += events

    def take(self) -> list[Row]:
        """Returns the new counts since the last call, as parameters of `activity_record`."""
        minutes, days = self._minutes, self._older
        self._minutes, self._older = {}, {}
        self._begin = self._end = 0.0
        for minute, bucket in minutes.items():
            days.setdefault(minute - minute % DAY_SECONDS, _Bucket()).add(bucket)
        return [
            *(_row("day", at, days[at]) for at in sorted(days)),
            *(_row("minute", at, minutes[at]) for at in sorted(minutes)),
        ]

    def _minute(self, time: float) -> _Bucket:
        at = int(time) // MINUTE_SECONDS * MINUTE_SECONDS
        bucket = self._minutes.get(at)
        if bucket is None:
            bucket = self._minutes[at] = _Bucket()
            if len(self._minutes) > MAX_PENDING_MINUTES:
                oldest = min(self._minutes)
                day = self._older.setdefault(oldest - oldest % DAY_SECONDS, _Bucket())
                day.add(self._minutes.pop(oldest))
                if oldest == at:
                    return day  # the clock may go back
        self._begin, self._end, self._current = at, at + MINUTE_SECONDS, bucket
        return bucket


def _stored_rows(result: IngestResult) -> Iterable[Row]:
    """The rows that were stored now: neither rejected nor replayed."""
    rows = [row for row in result.rows if not isinstance(row, ServiceError)]
    return (
        row
        for row, row_result in zip(rows, result.written, strict=True)
        if row_result.is_replay is False
    )


def _row(kind: str, at: int, bucket: _Bucket) -> Row:
    return {
        "kind": kind,
        "at": at,
        "stored": bucket.stored,
        "newCustomers": bucket.new_customers,
        "rejected": bucket.rejected,
        "events": [[name, count] for name, count in bucket.names.items()],
    }
