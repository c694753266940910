"""Loads on Neo4j alone: the driver sends batches or single reads, without the service."""

import asyncio
import random
import statistics
import time
from collections.abc import Callable, Sequence
from typing import Any

from neo4j import READ_ACCESS, AsyncDriver
from neo4j.exceptions import Neo4jError

from app.ingest.group_commit import WRITERS
from bench import workload
from bench.database import NAME, Database
from bench.load import Outcome, next_run
from bench.workload import BATCH, Workload

SESSIONS = WRITERS  # as in the service
MAX_RATE = 12_000  # events per second; enough batches are prepared for this rate


class Driver:
    """The driver alone, with batches of 500 that are prepared in advance.

    With `customer_ids`, the statement attaches the events to these Customers.
    """

    def __init__(
        self, database: Database, statement: str, customer_ids: Sequence[str] = ()
    ) -> None:
        self._database = database
        self._statement = statement
        self._customer_ids = customer_ids
        self._workload = Workload(next_run())
        self._batches: list[dict[str, Any]] = []

    def run(self, seconds: float) -> Outcome:
        """Sends for some seconds, and waits for the responses."""
        return asyncio.run(self._run(seconds))

    async def _run(self, seconds: float) -> Outcome:
        while len(self._batches) * BATCH < seconds * MAX_RATE:
            self._batches.append(await self._batch())
        latencies: list[float] = []
        async with self._database.driver() as driver:
            await driver.verify_connectivity()
            cpu, began = time.process_time(), time.monotonic()
            deadline = began + seconds
            senders = [self._send(driver, latencies, deadline) for _ in range(SESSIONS)]
            failures = sum(await asyncio.gather(*senders))
            took, cpu = time.monotonic() - began, time.process_time() - cpu
        return _outcome(latencies, BATCH, took, failures, cpu)

    async def _batch(self) -> dict[str, Any]:
        parameters = await workload.parameters(self._workload.events())
        if self._customer_ids:
            for row in parameters["batch"]["events"]:
                row["customer"] = random.choice(self._customer_ids)  # noqa: S311 - no secret
        return parameters

    async def _send(self, driver: AsyncDriver, latencies: list[float], deadline: float) -> int:
        failures = 0
        statement: Any = self._statement
        while self._batches and time.monotonic() < deadline:
            began = time.monotonic()
            try:
                async with driver.session(database=NAME) as session:
                    await (await session.run(statement, self._batches.pop())).values()
            except Neo4jError:
                failures += 1
            else:
                latencies.append((time.monotonic() - began) * 1000)
        return failures


class DriverReads:
    """The driver alone, one read after another, with parameters from `create_parameters`."""

    def __init__(
        self, database: Database, statement: str, create_parameters: Callable[[], dict[str, Any]]
    ) -> None:
        self._database = database
        self._statement = statement
        self._create_parameters = create_parameters

    def run(self, seconds: float) -> Outcome:
        """Reads for some seconds."""
        return asyncio.run(self._run(seconds))

    async def _run(self, seconds: float) -> Outcome:
        latencies: list[float] = []
        statement: Any = self._statement
        async with self._database.driver() as driver:
            await driver.verify_connectivity()
            cpu, began = time.process_time(), time.monotonic()
            while (sent_at := time.monotonic()) < began + seconds:
                async with driver.session(
                    database=NAME, default_access_mode=READ_ACCESS
                ) as session:
                    await (await session.run(statement, self._create_parameters())).values()
                latencies.append((time.monotonic() - sent_at) * 1000)
            took, cpu = time.monotonic() - began, time.process_time() - cpu
        return _outcome(latencies, 1, took, 0, cpu)


def _outcome(
    latencies: Sequence[float], batch: int, seconds: float, failures: int, cpu: float
) -> Outcome:
    percentiles = statistics.quantiles(latencies, n=100, method="inclusive")
    count = len(latencies)
    return Outcome(count, count * batch, seconds, percentiles[49], percentiles[98], failures, cpu)
