"""Readiness: whether the database responds and its schema is complete."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable

import structlog

from app.errors import DatabaseTimeout, Unavailable
from app.graph.graph import Graph
from app.graph.migrations.runner import Migrator
from app.observability.metrics import Metrics

CHECK_INTERVAL_SECONDS = 1.0

Rehearse = Callable[[], Awaitable[None]]

log = structlog.get_logger()


class Readiness:
    """Enables the graph while its database can be used, and disables it otherwise.

    Before it enables the graph, it migrates the schema and has the write planned and rehearsed.
    """

    def __init__(
        self,
        graph: Graph,
        migrator: Migrator,
        metrics: Metrics | None = None,
        rehearse: Rehearse | None = None,
    ) -> None:
        self._metrics = metrics or Metrics()
        self._rehearse = rehearse
        self._graph = graph
        self._migrator = migrator
        self._reported: str | None = None  # the last reason in the log
        self._checked = asyncio.Event()
        graph.disable()

    @property
    def is_ready(self) -> bool:
        """Whether the database could be used at the last check, at most seconds ago."""
        return self._graph.is_enabled

    async def watch(self) -> None:
        """Checks the database every second, forever."""
        while True:
            await self.check()
            await asyncio.sleep(CHECK_INTERVAL_SECONDS)

    async def check(self) -> None:
        """Checks the database, and enables or disables the graph. Logs errors."""
        try:
            await self._check()
            await self._graph.reload_credentials()
        except Exception:
            log.exception("readiness_check_failed")
        self._metrics.set_database_up(is_up=self.is_ready)
        self._checked.set()

    async def wait_for_first_check(self, seconds: float) -> None:
        """Returns after the first check of the database, or after so many seconds."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._checked.wait(), seconds)

    async def _check(self) -> None:
        if self.is_ready and not await self._ping():
            self._graph.disable()
            await self._graph.reconnect()
        if not self.is_ready and await self._ping() and await self._prepare():
            log.info("database_ready")
            self._graph.enable()
            self._reported = None

    async def _ping(self) -> bool:
        try:
            await self._graph.ping()
        except PermissionError as error:
            self._report(logging.ERROR, str(error))
        except Unavailable as error:
            self._report(logging.WARNING, str(error))
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
            is_transient = isinstance(error, DatabaseTimeout)
            self._report(logging.WARNING if is_transient else logging.ERROR, str(error))
            return False
        return True

    def _report(self, level: int, reason: str) -> None:
        # The check runs every second. The log has each new reason once.
        if reason != self._reported:
            if self.is_ready:
                log.log(level, "database_unavailable", reason=reason)
            else:
                log.log(level, "database_not_ready", reason=reason)
        self._reported = reason
