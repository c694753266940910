"""Minutes: what each API key has spent of its minute, which began with its first event."""

import time

from limits import RateLimitItemPerMinute
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import FixedWindowRateLimiter

SECONDS = 60.0


class Minutes:
    """The minutes that this process knows of; `limit` is how many events one has room for."""

    def __init__(self, limit: int) -> None:
        self._minute = RateLimitItemPerMinute(limit)
        self._storage = MemoryStorage()
        self._windows = FixedWindowRateLimiter(self._storage)
        self._learnt: dict[str, tuple[int, float]] = {}

    async def spend(self, key_id: str, events: int) -> float:
        """Counts events of a key where its minute has room for them, and else nothing.

        Returns 0, or how many seconds the minute still lasts.
        """
        if key_id in self._learnt:
            await self._begin(key_id, *self._learnt.pop(key_id))
        if await self._windows.hit(self._minute, key_id, cost=events):
            return 0.0
        # A hit that is refused counts all the same.
        await self._storage.incr(self._minute.key_for(key_id), SECONDS, amount=-events)
        window = await self._windows.get_window_stats(self._minute, key_id)
        return max(window.reset_time - time.time(), 0.001)

    def learn(self, key_id: str, spent: int, seconds: float) -> None:
        """Takes over what others know: what a key has spent, and how long its minute lasts."""
        self._learnt[key_id] = spent, time.time() + seconds

    async def _begin(self, key_id: str, spent: int, ends: float) -> None:
        name = self._minute.key_for(key_id)
        await self._storage.clear(name)
        if (left := ends - time.time()) > 0:
            await self._storage.incr(name, left, spent)
