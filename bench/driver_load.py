"""Loads on Neo4j alone: the driver runs one statement again and again, without the service."""

import asyncio
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from neo4j import WRITE_ACCESS, AsyncDriver
from neo4j.exceptions import Neo4jError

from bench.database import NAME, Database
from bench.load import Outcome


@dataclass
class Driver:
    """The driver alone. `create_parameters` prepares those of each request in advance.

    A request has `size` events. `sessions` requests run at a time. The parameters suffice for
    `max_rate` requests per second.
    """

    database: Database
    statement: str
    create_parameters: Callable[[], dict[str, Any]]
    max_rate: int
    size: int = 1
    sessions: int = 1
    access_mode: str = WRITE_ACCESS
    _prepared: list[dict[str, Any]] = field(default_factory=list)

    def run(self, seconds: float) -> Outcome:
        """Sends for some seconds, and waits for the responses."""
        return asyncio.run(self._run(seconds))

    async def _run(self, seconds: float) -> Outcome:
        while len(self._prepared) < seconds * self.max_rate:
            self._prepared.append(self.create_parameters())
        latencies: list[float] = []
        async with self.database.driver() as driver:
            await driver.verify_connectivity()
            cpu, began = time.process_time(), time.monotonic()
            deadline = began + seconds
            senders = [self._send(driver, latencies, deadline) for _ in range(self.sessions)]
            failures = sum(await asyncio.gather(*senders))
            took, cpu = time.monotonic() - began, time.process_time() - cpu
        return _outcome(latencies, self.size, took, failures, cpu)

    async def _send(self, driver: AsyncDriver, latencies: list[float], deadline: float) -> int:
        failures = 0
        statement: Any = self.statement
        while self._prepared and time.monotonic() < deadline:
            parameters = self._prepared.pop()
            began = time.monotonic()
            try:
                async with driver.session(
                    database=NAME, default_access_mode=self.access_mode
                ) as session:
                    await (await session.run(statement, parameters)).values()
            except Neo4jError:
                failures += 1
            else:
                latencies.append((time.monotonic() - began) * 1000)
        return failures


def _outcome(
    latencies: Sequence[float], batch: int, seconds: float, failures: int, cpu: float
) -> Outcome:
    percentiles = statistics.quantiles(latencies, n=100, method="inclusive")
    count = len(latencies)
    return Outcome(count, count * batch, seconds, percentiles[49], percentiles[98], failures, cpu)
