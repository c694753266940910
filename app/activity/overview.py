"""The overview: the statistics of the last hour and of the last 30 days."""

import time
from collections import Counter
from collections.abc import Sequence

from msgspec import Struct

from app.activity.statistics import DAY_SECONDS, MINUTE_SECONDS
from app.graph.graph import Graph, Row

MINUTES, DAYS = 60, 30
MAX_COUNTED_CONFLICTS = 100
MAX_SCANNED_CONFLICTS = 500


class Period(Struct, frozen=True):
    """The counts of a minute or a day: `at` is its beginning, in seconds since 1970.

    `events` are the most frequent names, with the number of stored events of each.
    """

    at: int
    stored: int = 0
    new_customers: int = 0
    rejected: int = 0
    events: dict[str, int] = {}


class Overview(Struct, frozen=True):
    """The minutes of the last hour and the last 30 days in UTC, in order, with the current ones."""

    minutes: Sequence[Period]
    days: Sequence[Period]

    @property
    def is_empty(self) -> bool:
        """Whether no event was stored or rejected in the last 30 days."""
        return not any(period.stored or period.rejected for period in (*self.days, *self.minutes))

    @property
    def event_counts(self) -> Counter[str]:
        """The number of stored events of the last 30 days by name, of the names in `days`."""
        counts: Counter[str] = Counter()
        for day in self.days:
            counts.update(day.events)
        return counts


class OpenConflicts(Struct, frozen=True):
    """The number of open identity conflicts, and whether there may be more."""

    count: int
    has_more: bool


class OverviewReader:
    """Reads the overview from the graph, without a scan."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph

    async def read(self, now: float | None = None) -> Overview:
        """The overview at a time in seconds since 1970, by default now. Raises Unavailable."""
        now = time.time() if now is None else now
        minutes, days = _starts(now, MINUTE_SECONDS, MINUTES), _starts(now, DAY_SECONDS, DAYS)
        rows = await self._graph.read("activity", minutesFrom=minutes[0], daysFrom=days[0])
        found = {(row["kind"], row["at"]): _period(row) for row in rows}
        return Overview(
            [found.get(("minute", at)) or Period(at) for at in minutes],
            [found.get(("day", at)) or Period(at) for at in days],
        )

    async def open_conflicts(self) -> OpenConflicts:
        """The number of open identity conflicts, among the strongest. Raises Unavailable."""
        (row,) = await self._graph.read(
            "conflicts_open", scan=MAX_SCANNED_CONFLICTS, limit=MAX_COUNTED_CONFLICTS
        )
        return OpenConflicts(row["open"], row["hasMore"])


def _starts(now: float, seconds: int, count: int) -> list[int]:
    last = int(now) // seconds * seconds
    return [last - back * seconds for back in reversed(range(count))]


def _period(row: Row) -> Period:
    events = dict(zip(row["names"], row["counts"], strict=True))
    return Period(row["at"], row["stored"], row["newCustomers"], row["rejected"], events)
