"""The feed: the settled entries of the audit log, each with its position."""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Coroutine
from typing import Any

from msgspec import Struct

from app.domain.timestamps import Instant
from app.graph.graph import Graph
from app.identity.audit_entry import AuditEntry, audit_entry
from app.identity.settled_entries import SETTLING_SECONDS, rows_after

PAGE_ENTRIES = 100
AHEAD_ENTRIES = 50  # left in a page when the read of the next one begins
PAGE_SECONDS = 5.0  # after which the rest of a page is read again: an erasure may have deleted it


class Position(Struct, frozen=True):
    """A position in the audit log: after the entry with this time and ID.

    The time is in seconds since 1970 and nanoseconds. With an empty ID, the position is before all
    entries of this time.
    """

    at: Instant
    id: str = ""


class FeedEntry(Struct, frozen=True):
    """An entry, and the position after it. It has been in the feed for `age` seconds."""

    entry: AuditEntry
    position: Position
    age: float


class PageLimits(Struct, frozen=True):
    """The entries of a page, from how many before its end the next one is read, and its age."""

    entries: int = PAGE_ENTRIES
    ahead: int = AHEAD_ENTRIES
    seconds: float = PAGE_SECONDS


class _Page(Struct, frozen=True):
    entries: list[FeedEntry]
    expires_at: float  # on time.monotonic()

    @property
    def is_recent(self) -> bool:
        return time.monotonic() < self.expires_at


class Feed:
    """Reads the audit log forwards. An entry is in the feed when it is `settling` seconds old."""

    def __init__(
        self, graph: Graph, settling: int = SETTLING_SECONDS, limits: PageLimits | None = None
    ) -> None:
        self._graph = graph
        self._settling = settling
        self._limits = limits or PageLimits()

    async def read(self, after: Position, limit: int) -> list[FeedEntry]:
        """The next entries, the earliest first. Raises Unavailable."""
        position = {"at": list(after.at), "id": after.id}
        rows = await rows_after(self._graph, position, limit, self._settling)
        now = time.time() - self._settling
        entries: list[FeedEntry] = []
        for row in rows:
            seconds, nanoseconds = row["moment"]
            entries.append(
                FeedEntry(
                    audit_entry(row),
                    Position((seconds, nanoseconds), row["id"]),
                    max(0.0, now - seconds),
                )
            )
        return entries

    async def follow(self, after: Position) -> AsyncGenerator[FeedEntry, None]:
        """Yields each next entry until there is none, from pages that are at most 5 s old.

        It reads the next page ahead. Raises Unavailable.
        """
        ahead = _ReadAhead(self._page)
        try:
            while entries := (page := await ahead.take(after)).entries:
                for index, entry in enumerate(entries):
                    if index == self._limits.entries - self._limits.ahead:
                        ahead.start(entries[-1].position)
                    yield entry
                    after = entry.position
                    if not page.is_recent:
                        break
        finally:
            await ahead.close()

    async def _page(self, after: Position) -> _Page:
        entries = await self.read(after, self._limits.entries)
        return _Page(entries, time.monotonic() + self._limits.seconds)


class _ReadAhead:
    """Reads a page while the entries of another one are delivered."""

    def __init__(self, read: Callable[[Position], Coroutine[Any, Any, _Page]]) -> None:
        self._read = read
        self._after: Position | None = None
        self._task: asyncio.Task[_Page] | None = None

    def start(self, after: Position) -> None:
        """Begins to read the page after a position."""
        self._after, self._task = after, asyncio.create_task(self._read(after))

    async def take(self, after: Position) -> _Page:
        """Returns the page after a position: the one that was read ahead, if it is recent."""
        if self._task and self._after == after:
            page = await self._task
            self._task = None
            if page.is_recent:
                return page
        await self.close()
        return await self._read(after)

    async def close(self) -> None:
        """Ends a read that is not needed."""
        if self._task:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None
