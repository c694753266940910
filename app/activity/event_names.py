"""Event names: the frequent one that a rare name is similar to, by the statistics."""

import asyncio

import structlog

from app.activity.name_similarity import SimilarNames
from app.activity.overview import OverviewReader
from app.errors import Unavailable

REFRESH_INTERVAL_SECONDS = 15.0
RETRY_INTERVAL_SECONDS = 1.0  # while Neo4j is unavailable, as at the start

log = structlog.get_logger()


class EventNameSuggestions:
    """Suggests event names from a copy of the statistics in memory, which `watch` refreshes.

    A frequent name costs a lookup. Any other name has `watch` read the statistics again, at most
    once in `interval` seconds. While Neo4j is unavailable it retries after `retry_interval`.
    """

    def __init__(
        self,
        overview: OverviewReader,
        interval: float = REFRESH_INTERVAL_SECONDS,
        retry_interval: float = RETRY_INTERVAL_SECONDS,
    ) -> None:
        self._overview = overview
        self._interval = interval
        self._retry_interval = retry_interval
        self._names = SimilarNames({})
        self._frequent = self._names.frequent
        self._is_needed = asyncio.Event()

    def suggest(self, name: str) -> str | None:
        """Returns the frequent name that a name is similar to, if it is not frequent itself."""
        if name in self._frequent:
            return None
        self._is_needed.set()
        return self._names.find(name)

    async def refresh(self) -> None:
        """Reads the statistics. Raises Unavailable."""
        overview = await self._overview.read()
        self._names = SimilarNames(overview.event_counts)
        self._frequent = self._names.frequent

    async def watch(self) -> None:
        """Refreshes the copy when a name needs it, until cancelled."""
        while True:
            try:
                await self.refresh()
            except Unavailable:  # the log has the cause
                await asyncio.sleep(self._retry_interval)
                continue
            except Exception:
                log.exception("event_names_refresh_failed")
            await asyncio.sleep(self._interval)
            await self._is_needed.wait()
            self._is_needed.clear()
