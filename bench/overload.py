"""Overload: what the service still commits when more is offered than it can, and to whom."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict, dataclass

import msgspec
from rich.table import Table

from bench import database, program, report
from bench.database import Database
from bench.program import Program
from bench.report import Expectation
from bench.senders import ClosedLoop, OpenLoop, Responses, request
from bench.workload import Workload

MULTIPLES = (0.5, 1.0, 2.0, 5.0, 10.0)  # of the capacity
SENDERS = 16  # that wait, and so reach the capacity
BATCH = 100
BODIES = 300
SMALL_RATE = 20  # requests a second, of another API key
PAUSE = 5.0  # seconds after an overload, in which the service must be back to normal
MIB = 2**20


@dataclass(frozen=True)
class Step:
    """A load and its outcome: rates are events a second, latencies seconds."""

    multiple: float
    capacity: float  # measured just before
    offered: float
    goodput: float
    p50: float
    p99: float
    rejected: int
    rejected_p99: float
    failed: int  # requests without a response, or with another status
    memory: float  # MiB
    after_p99: float  # of the closed loop, once the overload is over

    @property
    def ratio(self) -> float:
        """The goodput as a part of the capacity."""
        return self.goodput / self.capacity


@dataclass(frozen=True)
class Fairness:
    """What a key with few requests has alone, and beside one that floods; in seconds."""

    multiple: float
    alone_p99: float
    beside_p50: float
    beside_p99: float
    rejected: int


def run(seconds: float, warmup: float) -> None:
    """Measures every step, prints the tables, and keeps them."""
    with report.console.status("starting Neo4j") as status, database.started() as neo4j:
        database.prepare(neo4j)
        with program.service(neo4j) as service:
            overload = _Overload(neo4j, service, seconds, status.update)
            steps, fairness = asyncio.run(overload.run(warmup))
    _show(steps, fairness)
    report.check(expectations(steps, fairness))
    content = {"steps": [asdict(each) for each in steps], "fairness": [*map(asdict, fairness)]}
    report.save("overload", content)


def expectations(steps: Sequence[Step], fairness: Sequence[Fairness]) -> list[Expectation]:
    """What the service is expected to keep in an overload."""
    over = [step for step in steps if step.multiple > 1]
    found: list[Expectation] = []
    for step in over:
        name = f"{step.multiple:g} x the capacity"
        found += [
            Expectation(f"{name}: goodput of the capacity", step.ratio, 0.85),
            Expectation(f"{name}: p99 of accepted, s", step.p99, 2, True),
            Expectation(f"{name}: p99 of rejected, s", step.rejected_p99, 0.05, True),
        ]
    memory = max(each.memory for each in over) / min(each.memory for each in over)
    found.append(Expectation("memory, the most of the least", memory, 1.15, True))
    for each in fairness:
        bound = max(0.25, 3 * each.alone_p99)
        text = f"a key of {SMALL_RATE} requests/s beside {each.multiple:g} x: p99, s"
        found.append(Expectation(text, each.beside_p99, bound, True))
    return found


class _Overload:
    def __init__(
        self, neo4j: Database, service: Program, seconds: float, tell: Callable[[str], None]
    ) -> None:
        self._service = service
        self._seconds = seconds
        self._tell = tell
        workload = Workload("overload")
        batches = [workload.events(BATCH) for _ in range(BODIES)]
        key, small_key = program.api_key(neo4j), program.api_key(neo4j)
        address = service.address
        self._batches = [
            request(address, key, msgspec.json.encode({"events": events})) for events in batches
        ]
        self._singles = [
            request(address, small_key, msgspec.json.encode(events[0])) for events in batches
        ]

    async def run(self, warmup: float) -> tuple[list[Step], list[Fairness]]:
        self._tell("warming up Java")
        await self._closed(warmup)
        steps = [await self._step(multiple) for multiple in MULTIPLES]
        return steps, [await self._fairness(multiple) for multiple in MULTIPLES[2:]]

    async def _step(self, multiple: float) -> Step:
        self._tell(f"{multiple:g} x the capacity")
        capacity = await self._capacity()
        began = asyncio.get_running_loop().time()
        loop = OpenLoop(self._service.address, seed=multiple)
        responses, memory = await self._with_memory(
            loop.send(self._batches, multiple * capacity, self._seconds)
        )
        await asyncio.sleep(PAUSE)
        after = await self._closed(2)
        sent = len(responses.all)
        return Step(
            multiple=multiple,
            capacity=capacity * BATCH,
            offered=sent / self._seconds * BATCH,
            goodput=responses.rate(200, began, self._seconds) * BATCH,
            p50=responses.percentile(200, 50),
            p99=responses.percentile(200, 99),
            rejected=responses.statuses[503],
            rejected_p99=responses.percentile(503, 99) if responses.statuses[503] else 0.0,
            failed=sent - responses.statuses[200] - responses.statuses[503],
            memory=memory,
            after_p99=after.percentile(200, 99),
        )

    async def _fairness(self, multiple: float) -> Fairness:
        self._tell(f"another key beside {multiple:g} x the capacity")
        capacity = await self._capacity()
        small, flood = (OpenLoop(self._service.address, seed=seed) for seed in (1, 2))
        alone = await small.send(self._singles, SMALL_RATE, self._seconds)
        beside, _ = await asyncio.gather(
            small.send(self._singles, SMALL_RATE, self._seconds),
            flood.send(self._batches, multiple * capacity, self._seconds),
        )
        return Fairness(
            multiple,
            alone.percentile(200, 99),
            beside.percentile(200, 50),
            beside.percentile(200, 99),
            len(beside.all) - beside.statuses[200],
        )

    async def _capacity(self) -> float:
        seconds = self._seconds / 2
        began = asyncio.get_running_loop().time()
        return (await self._closed(seconds)).rate(200, began, seconds)

    async def _closed(self, seconds: float) -> Responses:
        return await ClosedLoop(self._service.address).send(self._batches, SENDERS, seconds)

    async def _with_memory(self, sending: Awaitable[Responses]) -> tuple[Responses, float]:
        sizes: list[int] = []

        async def watch() -> None:
            while True:
                sizes.append(sum(self._service.memory()))
                await asyncio.sleep(0.5)

        watching = asyncio.create_task(watch())
        try:
            responses = await sending
        finally:
            watching.cancel()
        return responses, max(sizes) / MIB


def _show(steps: Sequence[Step], fairness: Sequence[Fairness]) -> None:
    table = Table(
        title=f"batches of {BATCH}, open loop",
        caption=report.machine(),
        title_justify="left",
        caption_justify="left",
    )
    columns = ("x", "capacity/s", "offered/s", "goodput/s", "ratio", "p50 s", "p99 s", "rejected")
    for column in (*columns, "their p99 ms", "failed", "MiB", "p99 s after"):
        table.add_column(column, justify="right")
    for step in steps:
        table.add_row(
            f"{step.multiple:g}",
            *(f"{figure:,.0f}" for figure in (step.capacity, step.offered, step.goodput)),
            f"{step.ratio:.2f}",
            f"{step.p50:.2f}",
            f"{step.p99:.2f}",
            f"{step.rejected:,}",
            f"{step.rejected_p99 * 1000:.0f}",
            f"{step.failed}",
            f"{step.memory:.0f}",
            f"{step.after_p99:.2f}",
        )
    report.console.print(table)
    for each in fairness:
        report.console.print(
            f"a key of {SMALL_RATE} requests/s: p99 {each.alone_p99 * 1000:.0f} ms alone; beside "
            f"{each.multiple:g} x the capacity of another key p50 {each.beside_p50 * 1000:.0f} ms, "
            f"p99 {each.beside_p99 * 1000:.0f} ms, {each.rejected} rejected"
        )
