"""The limiter: how many events each API key may send a minute."""

import asyncio
import math

import structlog

from app.access.memory_window import Minutes
from app.access.redis_window import SharedMinutes, StorageAway
from app.errors import PayloadTooLarge, RateLimited
from app.observability.metrics import Figures

INTERVAL = 1.0  # seconds between two looks at a storage that is away

log = structlog.get_logger()


class Limiter:
    """Counts the events of each API key, in minutes that begin with its first event.

    Each worker process counts for itself, or all that share `shared` count together. While that
    is away, each counts for itself again, on from what it last knew of a key; no call waits for
    it then.
    """

    def __init__(
        self,
        limit: int,
        figures: Figures | None = None,
        shared: SharedMinutes | None = None,
    ) -> None:
        self._limit = limit
        self._figures = figures or Figures()
        self._shared = shared
        self._own = Minutes(limit)
        self._is_away = False

    async def spend(self, key_id: str, events: int) -> None:
        """Counts `events` of a key, or none of them.

        Raises RateLimited until enough may pass, PayloadTooLarge where so many never can.
        """
        if events > self._limit:
            message = f"{events} events are more than the {self._limit} of a whole minute"
            raise PayloadTooLarge(message)
        if self._shared is None or self._is_away:
            wait = await self._own.spend(key_id, events)
        else:
            wait = await self._spend(self._shared, key_id, events)
        if wait:
            self._figures.limited()
            message = f"the key may send {self._limit} events a minute"
            raise RateLimited(message, retry_after=max(1, math.ceil(wait)))

    async def watch(self) -> None:
        """Looks at the storage at once, and whenever it is away until it is back, for ever."""
        is_due = True
        while self._shared:
            if is_due:
                await self._look(self._shared)
            await asyncio.sleep(INTERVAL)
            is_due = self._is_away

    async def close(self) -> None:
        """Closes the connections to the storage."""
        if self._shared:
            await self._shared.close()

    async def _spend(self, shared: SharedMinutes, key_id: str, events: int) -> float:
        try:
            told = await shared.spend(key_id, events)
        except StorageAway as error:
            self._lose(error)
            return await self._own.spend(key_id, events)
        self._own.learn(key_id, told.spent, told.seconds)
        return 0.0 if told.had_room else told.seconds

    async def _look(self, shared: SharedMinutes) -> None:
        try:
            await shared.look()
        except StorageAway as error:
            self._lose(error)
        else:
            self._tell(is_away=False)

    def _lose(self, error: StorageAway) -> None:
        self._tell(is_away=True, error=str(error))

    def _tell(self, *, is_away: bool, **more: str) -> None:
        self._figures.storage_away(is_away=is_away)
        if is_away == self._is_away:
            return
        self._is_away = is_away
        if is_away:
            log.warning("rate_limit_storage_away", **more)
        else:
            log.info("rate_limit_storage_back")
