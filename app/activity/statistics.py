"""Statistics: how many events a minute and a day had, counted in memory until they are written."""

from collections import Counter
from collections.abc import Sequence
from typing import cast

from msgspec import Struct, field

from app.graph.graph import Row
from app.ingest.observer import ObservedRequest
from app.ingest.writer import RowResult

MINUTE_SECONDS, DAY_SECONDS = 60, 86_400
MAX_NAMES = 50  # of events, of a minute or a day
MAX_PENDING_NAMES = 500  # of a minute, between two writes
MAX_PENDING_MINUTES = 60  # while Neo4j is unavailable


class _Bucket(Struct):
    stored: int = 0
    new_customers: int = 0
    rejected: int = 0
    names: Counter[str] = field(default_factory=Counter)

    def add(self, other: "_Bucket") -> None:
        self.stored += other.stored
        self.new_customers += other.new_customers
        self.rejected += other.rejected
        self.names.update(other.names)


class EventStatistics:
    """Counts stored events by name, new Customers and rejected events, by the minute of receipt.

    A replayed event counts when it is stored first. Its memory is bounded: names beyond the bound
    count in the number of stored events alone.
    """

    def __init__(self) -> None:
        self._minutes: dict[int, _Bucket] = {}
        self._older: dict[int, _Bucket] = {}  # by day: minutes for which there was no room

    def add_stored(self, time: float, rows: Sequence[Row], written: Sequence[RowResult]) -> None:
        """Counts the rows of a request that were written, each with its result."""
        bucket = self._minute(time)
        # None for a rejected row.
        new = [row["event"] for row, result in zip(rows, written) if result.is_replay is False]  # noqa: B905 - costs time
        bucket.stored += len(new)
        bucket.new_customers += [
            result.resolved for result in written if result.is_replay is False
        ].count("new")
        names = bucket.names
        if len(names) + len(new) <= MAX_PENDING_NAMES:
            names.update(new)
            return
        for name, count in Counter(new).items():
            if name in names or len(names) < MAX_PENDING_NAMES:
                names[name] += count

    def add_rejected(self, time: float, events: int) -> None:
        """Counts rejected events."""
        self._minute(time).rejected += events

    def take(self) -> list[Row]:
        """Returns the new counts since the last call, as parameters of `activity_record`."""
        minutes, days = self._minutes, self._older
        self._minutes, self._older = {}, {}
        for minute, bucket in minutes.items():
            days.setdefault(minute - minute % DAY_SECONDS, _Bucket()).add(bucket)
        return [
            *(_row("day", at, days[at]) for at in sorted(days)),
            *(_row("minute", at, minutes[at]) for at in sorted(minutes)),
        ]

    def _minute(self, time: float) -> _Bucket:
        at = int(time) // MINUTE_SECONDS * MINUTE_SECONDS
        if bucket := self._minutes.get(at):
            return bucket
        bucket = self._minutes[at] = _Bucket()
        if len(self._minutes) > MAX_PENDING_MINUTES:
            oldest = min(self._minutes)
            day = self._older.setdefault(oldest - oldest % DAY_SECONDS, _Bucket())
            day.add(self._minutes.pop(oldest))
            return day if oldest == at else bucket  # the clock may go back
        return bucket


def _row(kind: str, at: int, bucket: _Bucket) -> Row:
    return {
        "kind": kind,
        "at": at,
        "stored": bucket.stored,
        "newCustomers": bucket.new_customers,
        "rejected": bucket.rejected,
        "events": [[name, count] for name, count in bucket.names.items()],
    }


def count_request(statistics: EventStatistics, request: ObservedRequest, rejected: int) -> None:
    """Counts a request of which so many events were rejected."""
    if result := request.result:
        rows = result.rows
        if len(rows) > len(result.written):  # some have an error
            rows = [row for row in rows if isinstance(row, dict)]
        statistics.add_stored(request.time, cast("Sequence[Row]", rows), result.written)
    if rejected:
        statistics.add_rejected(request.time, rejected)
