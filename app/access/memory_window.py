"""The rate limit window of one process: the events of each API key, counted in memory."""

import time
from collections.abc import Callable

from msgspec import Struct

WINDOW_SECONDS = 60.0


class _Window(Struct):
    events: int
    ends_at: float


class MemoryWindow:
    """Counts up to `limit` events of an API key in a window that begins with its first event.

    An API key may have another limit. `clock` returns seconds.
    """

    def __init__(self, limit: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._limit = limit
        self._clock = clock
        # About in the order in which they end, so that ended ones are dropped from the front.
        self._windows: dict[str, _Window] = {}

    def consume(self, key_id: str, events: int, limit: int | None = None) -> float:
        """Counts events of an API key, or none of them if they exceed the limit.

        Returns 0, or the number of seconds until the window ends.
        """
        now = self._clock()
        window = self._windows.get(key_id)
        if window is None or window.ends_at <= now:
            window = self._begin(key_id, _Window(0, now + WINDOW_SECONDS))
        if window.events + events > (limit or self._limit):
            return window.ends_at - now
        window.events += events
        return 0.0

    def adopt(self, key_id: str, events: int, seconds: float) -> None:
        """Replaces the window of an API key by one with `events`, which ends in so many seconds."""
        self._begin(key_id, _Window(events, self._clock() + seconds))

    @property
    def size(self) -> int:
        """The number of windows in memory."""
        return len(self._windows)

    def _begin(self, key_id: str, window: _Window) -> _Window:
        now = self._clock()
        while self._windows:
            oldest = next(iter(self._windows))
            if self._windows[oldest].ends_at > now:
                break
            del self._windows[oldest]
        self._windows.pop(key_id, None)
        self._windows[key_id] = window
        return window
