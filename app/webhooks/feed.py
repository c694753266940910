"""The feed: the settled entries of the audit log, each with its position."""

import time

from msgspec import Struct

from app.domain.timestamps import Instant
from app.graph.graph import Graph
from app.identity.audit_entry import AuditEntry, audit_entry
from app.identity.settled_entries import SETTLING_SECONDS, rows_after


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


class Feed:
    """Reads the audit log forwards. An entry is in the feed when it is `settling` seconds old."""

    def __init__(self, graph: Graph, settling: int = SETTLING_SECONDS) -> None:
        self._graph = graph
        self._settling = settling

    async def follow(self, after: Position, limit: int) -> list[FeedEntry]:
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
