"""Completions: the names of events, while a user or an agent types one."""

from app.access.api_keys import CONTEXT_READ, EVENTS_WRITE
from app.access.guard import Guard
from app.activity.overview import OverviewReader
from app.errors import ForbiddenScope


class EventNameCompletion:
    """Completes the names of events by those of the last 30 days."""

    def __init__(self, overview: OverviewReader, guard: Guard) -> None:
        self._overview = overview
        self._guard = guard

    async def complete(self, typed: str, key: str | None) -> list[str]:
        """Returns the names that contain a text, in any case: first those that begin with it, and
        of these the most frequent ones.

        Raises Unauthenticated, ForbiddenScope, RateLimited or Unavailable.
        """
        api_key = await self._guard.authorize(key)
        if not api_key.scopes & {EVENTS_WRITE, CONTEXT_READ}:
            raise ForbiddenScope(CONTEXT_READ)
        await self._guard.consume(api_key)
        counts = (await self._overview.read()).event_counts
        text = typed.lower()
        names = [name for name in counts if text in name.lower()]
        return sorted(
            names,
            key=lambda name: (not name.lower().startswith(text), -counts[name], name),
        )
