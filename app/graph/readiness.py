"""Readiness: whether the database answers and its schema is in place."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable

import structlog

from app.errors import NoAnswer, Unavailable
from app.graph.graph import Graph
from app.graph.migrations.runner import Migrator
from app.observability.metrics import Figures

INTERVAL = 1.0

log = structlog.get_logger()


class Readiness:
    """Watches the graph: closes it while its database is away, prepares that, and opens it."""

    def __init__(
        self,
        graph: Graph,
        migrator: Migrator,
        figures: Figures | None = None,
        rehearse: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        self._figures = figures or Figures()
        self._rehearse = rehearse
        self._graph = graph
        self._migrator = migrator
        self._told: str | None = None
        self._looked = asyncio.Event()
        graph.is_open = False

    @property
    def is_ready(self) -> bool:
        """Whether the graph was open when it was last looked at, seconds ago at most."""
        return self._graph.is_open

    async def watch(self) -> None:
        """Keeps the graph open while it can be used, for ever."""
        while True:
            try:
                await self._look()
                await self._graph.renew_login()
            except Exception:
                log.exception("readiness_failed")
            self._figures.database(is_up=self.is_ready)
            self._looked.set()
            await asyncio.sleep(INTERVAL)

    async def _look(self) -> None:
        if self.is_ready and not await self._answers():
            self._graph.is_open = False
            await self._graph.reconnect()
        if not self.is_ready and await self._answers() and await self._prepare():
            log.info("database_ready")
            self._graph.is_open = True
            self._told = None

    async def first_look(self, seconds: float) -> None:
        """Returns once the graph was looked at, or after so many seconds."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._looked.wait(), seconds)

    async def _answers(self) -> bool:
        try:
            await self._graph.answer()
        except PermissionError as error:
            self._tell(logging.ERROR, str(error))
        except Unavailable as error:
            self._tell(logging.WARNING, str(error))
        else:
            return True
        return False

    async def _prepare(self) -> bool:
        try:
            await self._migrator.apply()
            await self._graph.plan_write()
            if self._rehearse:
                await self._rehearse()
        except Unavailable as error:
            passes = isinstance(error, NoAnswer)
            self._tell(logging.WARNING if passes else logging.ERROR, str(error))
            return False
        return True

    def _tell(self, level: int, reason: str) -> None:
        # It is looked at every second, until somebody has done something about it.
        if reason != self._told:
            log.log(
                level, "database_away" if self.is_ready else "database_not_ready", reason=reason
            )
        self._told = reason
