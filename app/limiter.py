"""The limiter: how many events each API key may send a minute."""

import math

from app.errors import PayloadTooLarge, RateLimited
from app.figures import Figures
from app.minutes import Minutes


class Limiter:
    """Counts the events of each API key, in minutes that begin with its first event.

    Each worker process counts for itself.
    """

    def __init__(
        self, limit: int, figures: Figures | None = None, minutes: Minutes | None = None
    ) -> None:
        self._limit = limit
        self._figures = figures or Figures()
        self._minutes = minutes or Minutes(limit)

    async def spend(self, key_id: str, events: int) -> None:
        """Counts `events` of a key, or none of them.

        Raises RateLimited until enough may pass, PayloadTooLarge where so many never can.
        """
        if events > self._limit:
            message = f"{events} events are more than the {self._limit} of a whole minute"
            raise PayloadTooLarge(message)
        wait = self._minutes.spend(key_id, events)
        if wait:
            self._figures.limited()
            message = f"the key may send {self._limit} events a minute"
            raise RateLimited(message, retry_after=max(1, math.ceil(wait)))
