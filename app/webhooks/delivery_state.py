"""The state of the deliveries, in the graph: the position, the failures, and who delivers."""

import asyncio
import contextlib
import math
import time
from typing import Any

import msgspec
from msgspec import Struct

from app.domain import ids
from app.domain.timestamps import Instant
from app.errors import Unavailable
from app.graph.graph import Graph
from app.webhooks.feed import Position

ENDPOINT = "changes"
LEASE_SECONDS = 60  # longer than the interval of a save, an attempt and a transaction
SAVE_INTERVAL_SECONDS = 1.0
RELEASE_TIMEOUT_SECONDS = 2.0  # to let another process continue, when this one is stopped


class Status(Struct, frozen=True, rename="camel"):
    """The state that `waypath check` reports. `gone` is the digest of a URL that responded 410."""

    failures: int
    delivered_at: str | None
    failing_since: str | None
    error: str | None
    gone: str | None


class Turn(Struct, frozen=True):
    """The state with which a process begins to deliver."""

    position: Position
    failures: int
    is_due: bool
    gone: str | None


class DeliveryState:
    """The state of one endpoint. Of all processes on a database, one at a time delivers.

    The position is saved at most once in `save_interval` seconds. If a process is killed, another
    one repeats the deliveries since then. A save renews the lease, and the interval is no longer.
    """

    def __init__(
        self,
        graph: Graph,
        name: str = ENDPOINT,
        lease: int = LEASE_SECONDS,
        save_interval: float = SAVE_INTERVAL_SECONDS,
    ) -> None:
        self._graph = graph
        self._name = name
        self._lease = lease
        self._interval = min(save_interval, lease)
        self._holder = ids.new_webhook_sender_id()
        self._unsaved: Position | None = None
        self._has_delivered = False  # since the last save
        self._renewed_at = -math.inf  # on time.monotonic()

    async def begin(self) -> Turn | None:
        """The turn of this process, or None if another one delivers. Raises Unavailable."""
        await self.save()
        asked_at = time.monotonic()
        rows = await self._write("webhook_begin", lease=self._lease)
        self._renewed_at = asked_at
        for row in rows:
            seconds, nanoseconds = row["at"]
            position = Position((seconds, nanoseconds), row["id"])
            return Turn(position, row["failures"], row["isDue"], row["gone"])
        return None

    async def advance(self, position: Position, *, is_delivered: bool) -> bool:
        """Records that the entry before a position was delivered, or passed over.

        Returns False if another process delivers. A process that has just saved a position does not
        ask: its lease has not ended. Raises Unavailable.
        """
        self._unsaved = position
        self._has_delivered |= is_delivered
        return time.monotonic() < self._renewed_at + self._interval or await self.save()

    async def save(self) -> bool:
        """Saves the recorded position, if there is one. Returns False if another process delivers.

        Raises Unavailable; the next call repeats it.
        """
        if self._unsaved is None:
            return True
        asked_at = time.monotonic()
        rows = await self._write(
            "webhook_advance",
            lease=self._lease,
            at=list(self._unsaved.at),
            id=self._unsaved.id,
            isDelivered=self._has_delivered,
        )
        self._unsaved, self._has_delivered, self._renewed_at = None, False, asked_at
        return bool(rows)

    async def fail(self, failures: int, delay: float, error: str, gone: str | None) -> None:
        """Records a failed attempt, and the seconds until the next one. Raises Unavailable."""
        await self.save()
        await self._write(
            "webhook_fail",
            lease=self._lease,
            failures=failures,
            delay=int(delay * 1000),
            error=error,
            gone=gone,
        )

    async def end(self) -> None:
        """Saves the position, and lets another process deliver."""
        with contextlib.suppress(Unavailable, TimeoutError):  # the lease ends by itself
            async with asyncio.timeout(RELEASE_TIMEOUT_SECONDS):
                await self.save()
                await self._write("webhook_end")

    async def _write(self, statement: str, **parameters: Any) -> list[dict[str, Any]]:
        return await self._graph.write(
            statement, name=self._name, holder=self._holder, **parameters
        )


async def resume(graph: Graph, start: Instant | None, name: str = ENDPOINT) -> str | None:
    """Ends the wait for the next attempt, and begins again at `start` if there is one.

    Returns the time after which entries are delivered, or None if no process has begun to deliver.
    Raises Unavailable.
    """
    position = list(start) if start else None
    rows = await graph.write("webhook_resume", name=name, start=position)
    return rows[0]["at"] if rows else None


async def read_status(graph: Graph, name: str = ENDPOINT) -> Status | None:
    """The state of the deliveries, or None if no process has begun. Raises Unavailable."""
    rows = await graph.read("webhook_status", name=name)
    return msgspec.convert(rows[0], Status) if rows else None
