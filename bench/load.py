"""Loads: who sends the workload for some seconds, and what came of it."""

import asyncio
import random
import re
import resource
import shutil
import statistics
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any, Protocol

import msgspec
from neo4j import READ_ACCESS, AsyncDriver
from neo4j.exceptions import Neo4jError

from app.ingest.group_commit import WRITERS
from bench import workload
from bench.database import NAME, Database
from bench.workload import BATCH, CUSTOMERS, Workload

SESSIONS = WRITERS  # as the service has
MAX_RATE = 12_000  # events a second, for which batches are made beforehand
SCRIPT = Path(__file__).with_name("workload.lua")

_runs = count(int(time.time() * 1000))


@dataclass(frozen=True)
class Outcome:
    """What came of a load; p50 and p99 are a request's, in milliseconds."""

    requests: int
    events: int
    seconds: float
    p50: float
    p99: float
    failures: int
    load_cpu: float  # seconds of it that the sender took


class Load(Protocol):
    """Sends the workload."""

    def run(self, seconds: float) -> Outcome:
        """Sends for some seconds, and waits for the answers."""
        ...


@dataclass(frozen=True)
class Wrk:
    """wrk, which sends requests over `connections`, each when the one before was answered."""

    url: str
    connections: int
    headers: Sequence[str]
    shape: str = "single"
    kind: str = "mixed"
    customers: int = CUSTOMERS
    skew: int = 1
    statement: Path | None = None

    def run(self, seconds: float) -> Outcome:
        """Sends for some seconds, and waits for the answers."""
        before = _children_cpu()
        done = subprocess.run(  # noqa: S603 - the arguments are our own
            self._command(seconds), capture_output=True, text=True, check=True, timeout=300
        )
        line = re.search(r"^RESULT (.*)$", done.stdout, re.MULTILINE)
        if line is None:
            raise RuntimeError(f"wrk has no result: {done.stdout} {done.stderr}")
        result = msgspec.json.decode(line[1])
        answered = result["requests"] - result["failures"]
        return Outcome(
            requests=answered,
            events=answered * (BATCH if self.shape == "batch" else 1),
            seconds=result["microseconds"] / 1e6,
            p50=result["p50"] / 1000,
            p99=result["p99"] / 1000,
            failures=result["failures"],
            load_cpu=_children_cpu() - before,
        )

    def _command(self, seconds: float) -> list[str]:
        headers = [part for header in self.headers for part in ("-H", header)]
        script = [self.shape, self.kind, self.customers, self.skew, BATCH, f"r{next(_runs)}"]
        return [
            wrk(),
            *("-t1", f"-c{self.connections}", f"-d{max(1, round(seconds))}s", "--timeout", "10s"),
            *("-s", str(SCRIPT), *headers, self.url, "--"),
            *map(str, script),
            *([str(self.statement)] if self.statement else []),
        ]


class Driver:
    """The driver alone, with batches of 500 that are made beforehand.

    Where there are `customer_ids`, the statement is one that attaches to these.
    """

    def __init__(
        self, database: Database, statement: str, customer_ids: Sequence[str] = ()
    ) -> None:
        self._database = database
        self._statement = statement
        self._customer_ids = customer_ids
        self._workload = Workload(f"r{next(_runs)}")
        self._batches: list[dict[str, Any]] = []

    def run(self, seconds: float) -> Outcome:
        """Sends for some seconds, and waits for the answers."""
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


class Questions:
    """The driver alone, one reading after the other, with the parameters that `ask` gives."""

    def __init__(
        self, database: Database, statement: str, ask: Callable[[], dict[str, Any]]
    ) -> None:
        self._database = database
        self._statement = statement
        self._ask = ask

    def run(self, seconds: float) -> Outcome:
        """Asks for some seconds."""
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
                    await (await session.run(statement, self._ask())).values()
                latencies.append((time.monotonic() - sent_at) * 1000)
            took, cpu = time.monotonic() - began, time.process_time() - cpu
        return _outcome(latencies, 1, took, 0, cpu)


def wrk() -> str:
    """The path of wrk. Raises RuntimeError, which says how to get it."""
    path = shutil.which("wrk")
    if path is None:
        raise RuntimeError("wrk is missing: apt-get install wrk, or brew install wrk")
    return path


def _outcome(
    latencies: Sequence[float], batch: int, seconds: float, failures: int, cpu: float
) -> Outcome:
    percentiles = statistics.quantiles(latencies, n=100, method="inclusive")
    count = len(latencies)
    return Outcome(count, count * batch, seconds, percentiles[49], percentiles[98], failures, cpu)


def _children_cpu() -> float:
    # wrk alone counts: the other children still run.
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
