"""The worker that finishes erasures in the background, and resumes interrupted ones."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Generic, TypeVar

import structlog

from app.graph.graph import Graph
from app.graph.periodic import repeat
from app.observability.metrics import Metrics

MAX_PARALLEL_ERASURES = 2  # in a process, so that events have their turn
WATCH_INTERVAL_SECONDS = 15.0  # between two searches for interrupted erasures
IDLE_TIMEOUT_SECONDS = 30.0  # without a transaction, after which an erasure is interrupted

T = TypeVar("T")

log = structlog.get_logger()


class ErasureWorker(Generic[T]):
    """Finishes erasures, each once and few at a time. `finish` deletes all that one left."""

    def __init__(
        self,
        graph: Graph,
        finish: Callable[[str], Coroutine[Any, Any, T]],
        metrics: Metrics,
    ) -> None:
        self._graph = graph
        self._finish = finish
        self._metrics = metrics
        self._turns = asyncio.Semaphore(MAX_PARALLEL_ERASURES)
        self._running: dict[str, asyncio.Task[T]] = {}

    def start(self, customer: str) -> asyncio.Task[T]:
        """The task that finishes an erasure, one for all callers that wait for it."""
        if customer not in self._running:
            task = self._running[customer] = asyncio.create_task(self._in_turn(customer))
            task.add_done_callback(lambda task: self._end(customer, task))
        return self._running[customer]

    async def watch(self, interval: float) -> None:
        """Resumes erasures that no process works on, every `interval` seconds, until cancelled."""
        try:
            await repeat(self._resume, interval, lambda: log.exception("erasure_sweep_failed"))
        finally:
            running = list(self._running.values())
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)

    async def _resume(self) -> None:
        unfinished = await self._graph.read("erasures_unfinished", idle=IDLE_TIMEOUT_SECONDS)
        self._metrics.maintenance.set_erasures_pending(len(unfinished))
        for row in unfinished:
            if row["isIdle"] and row["customer"] not in self._running:
                log.info("erasure_resumed", customer=row["customer"])
                self.start(row["customer"])

    async def _in_turn(self, customer: str) -> T:
        async with self._turns:
            return await self._finish(customer)

    def _end(self, customer: str, task: asyncio.Task[T]) -> None:
        del self._running[customer]
        if not task.cancelled() and (error := task.exception()):
            log.warning("erasure_interrupted", customer=customer, error=str(error))
