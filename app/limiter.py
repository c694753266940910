"""The limiter: how many events each API key may send a minute."""

import math
import time

from limits import RateLimitItemPerMinute
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import FixedWindowRateLimiter

from app.errors import PayloadTooLarge, RateLimited
from app.figures import Figures


class Limiter:
    """Counts the events of each API key, in windows of a minute from its first event.

    Each worker process counts for itself.
    """

    def __init__(self, events_per_minute: int, figures: Figures | None = None) -> None:
        self._figures = figures or Figures()
        self._limit = RateLimitItemPerMinute(events_per_minute)
        self._windows = FixedWindowRateLimiter(MemoryStorage())

    async def spend(self, key_id: str, events: int) -> None:
        """Counts `events` of a key, or none of them.

        Raises RateLimited until enough may pass, PayloadTooLarge where so many never can.
        """
        if events > self._limit.amount:
            message = f"{events} events are more than the {self._limit.amount} of a whole minute"
            raise PayloadTooLarge(message)
        # A refused hit would count all the same.
        if not await self._windows.test(self._limit, key_id, cost=events):
            self._figures.limited()
            window = await self._windows.get_window_stats(self._limit, key_id)
            wait = max(1, math.ceil(window.reset_time - time.time()))
            message = f"the key may send {self._limit.amount} events a minute"
            raise RateLimited(message, retry_after=wait)
        await self._windows.hit(self._limit, key_id, cost=events)
