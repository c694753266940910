"""Growth: the throughput and latency of the service as the graph grows, with skewed identifiers."""

import asyncio
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from bench import contender, database, program, report
from bench.contender import Contender, Sample
from bench.database import Database
from bench.driver_load import Driver
from bench.fill import Fill
from bench.load import Wrk
from bench.program import Program
from bench.report import Expectation

STAGES = (10_000, 100_000, 1_000_000)
YARDSTICK = "UNWIND $batch.events AS event RETURN count(event.id)"
SKEW = 3  # as in the fill

SINGLE = "64 connections, skewed"
BATCH = "batches of 500, skewed"
HOT = "batches of 500, all on one customer"
NEW = "batches of 500, all new customers"
LARGE = "a page of the timeline of the largest customer"
SMALL = "a page of the timeline of a small one"


@dataclass(frozen=True)
class Stage:
    """The results at one size. The yardstick measures the speed of the host at that time."""

    touchpoints: int
    customers: int
    fill_seconds: float
    yardstick: float
    rows: dict[str, list[Sample]]


def run(touchpoints: int, rounds: int, seconds: float, warmup: float) -> None:
    """Measures at each size up to `touchpoints`, prints the tables, and stores the results."""
    sizes = [size for size in STAGES if size < touchpoints] + [touchpoints]
    with report.console.status("starting Neo4j") as status, database.started() as neo4j:
        key = program.api_key(neo4j)  # which creates the schema
        with program.service(neo4j) as service:
            growth = _Growth(neo4j, service, key, status.update)
            stages = []
            for size in sizes:
                stages.append(growth.stage(size, rounds, seconds, warmup))
                report.show(_title(stages[-1]), stages[-1].rows)
    report.check(expectations(stages))
    report.save("growth", {"stages": [_results(stage) for stage in stages]})


def expectations(stages: list[Stage]) -> Iterator[Expectation]:
    """Throughput and Neo4j's CPU per event: the last size within 15 % of the first."""
    first, last = stages[0], stages[-1]
    for row in (SINGLE, BATCH):
        one, other = contender.median(last.rows[row]), contender.median(first.rows[row])
        host_speed = last.yardstick / first.yardstick
        measured = one.events / other.events / host_speed
        yield Expectation(
            f"{row}: events/s, last / first, adjusted for the speed of the host", measured, 0.85
        )
        cpu = (one.neo4j_cpu / one.events) / (other.neo4j_cpu / other.events)
        yield Expectation(f"{row}: CPU of Neo4j per event, last / first", cpu, 1.15, at_most=True)
    pages = contender.ratio(last.rows[LARGE], last.rows[SMALL], "p50")
    yield Expectation("a page of the largest customer, p50 / that of a small one", pages, 1.5, True)


class _Growth:
    def __init__(self, neo4j: Database, service: Program, key: str, show_status: Any) -> None:
        self._neo4j = neo4j
        self._service = service
        self._key = key
        self._show_status = show_status
        self._fill = Fill(show_status)

    def stage(self, size: int, rounds: int, seconds: float, warmup: float) -> Stage:
        began = time.monotonic()
        asyncio.run(self._grow(size))
        took = time.monotonic() - began
        rows = list(self._rows())
        if size == STAGES[0]:
            for row in rows:
                self._show_status(f"warming up Java: {row.name}")
                row.load.run(warmup)
        yardstick = Driver(self._neo4j, YARDSTICK, ["cus_0"])
        speeds = [yardstick.run(seconds)]
        samples = contender.compare(rows, self._neo4j.pid, rounds, seconds, self._show_status)
        speeds.append(yardstick.run(seconds))
        speed = max(sample.events / sample.seconds for sample in speeds)
        return Stage(size, self._fill.customers, took, speed, samples)

    def _rows(self) -> Iterator[Contender]:
        headers = [f"X-API-Key: {self._key}"]
        for name, connections, shape, kind in (
            (SINGLE, 64, "single", "mixed"),
            (BATCH, 4, "batch", "mixed"),
            (HOT, 4, "batch", "hot"),
            (NEW, 4, "batch", "new"),
        ):
            url, customers = self._service.url, self._fill.customers
            load = Wrk(url, connections, headers, shape, kind, customers, SKEW)
            yield Contender(name, load, self._service)
        for name, number in ((LARGE, 0), (SMALL, self._fill.customers // 2)):
            url = f"{self._service.address}/v1/customers/cus_{number}/timeline"
            yield Contender(name, Wrk(url, 1, headers, "page"), self._service)

    async def _grow(self, size: int) -> None:
        async with self._neo4j.driver() as driver:
            await self._fill.grow(driver, size)


def _title(stage: Stage) -> str:
    filled = f"filled in {stage.fill_seconds:.0f} s"
    return f"{stage.touchpoints:,} Touchpoints, {stage.customers:,} Customers, {filled}"


def _results(stage: Stage) -> dict[str, Any]:
    return {**asdict(stage), "rows": report.results(stage.rows)}
