"""Minutes: what each API key has spent of its minute, which began with its first event."""

import time
from collections.abc import Callable

from msgspec import Struct

SECONDS = 60.0


class _Minute(Struct):
    spent: int
    ends: float


class Minutes:
    """The minutes that this process knows of; one that has ended is forgotten.

    `limit` is how many events a minute has room for, `seconds` how long one lasts, and `clock`
    tells the time in seconds.
    """

    def __init__(
        self, limit: int, seconds: float = SECONDS, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._limit = limit
        self._seconds = seconds
        self._clock = clock
        self._minutes: dict[str, _Minute] = {}
        self._tidied_at = clock()

    @property
    def count(self) -> int:
        """How many are kept in memory."""
        return len(self._minutes)

    def spend(self, key_id: str, events: int) -> float:
        """Counts events of a key where its minute has room for them, and else nothing.

        Returns 0, or how many seconds the minute still lasts.
        """
        now = self._clock()
        minute = self._minutes.get(key_id)
        if minute is None or minute.ends <= now:
            self._begin(key_id, _Minute(events, now + self._seconds), now)
            return 0.0
        if minute.spent + events > self._limit:
            return minute.ends - now
        minute.spent += events
        return 0.0

    def learn(self, key_id: str, spent: int, seconds: float) -> None:
        """Takes over what others know: what a key has spent, and how long its minute lasts."""
        now = self._clock()
        minute = self._minutes.get(key_id)
        if minute is None:
            self._begin(key_id, _Minute(spent, now + seconds), now)
        else:
            minute.spent, minute.ends = spent, now + seconds

    def _begin(self, key_id: str, minute: _Minute, now: float) -> None:
        if now - self._tidied_at >= self._seconds:
            self._minutes = {key: each for key, each in self._minutes.items() if each.ends > now}
            self._tidied_at = now
        self._minutes[key_id] = minute
