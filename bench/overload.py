"""Overload: goodput and fairness of the service at more than its capacity."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import asdict

from bench import database, overload_report, program, report, workload
from bench.bodies import Bodies
from bench.fill import Fill
from bench.http_connection import request
from bench.overload_report import BATCH, SMALL_RATE, Fairness, Step
from bench.program import Program
from bench.senders import ClosedLoop, OpenLoop, Responses

MULTIPLES = (0.5, 1.0, 2.0, 5.0, 10.0)  # of the capacity
SENDERS = 16  # in a closed loop, which reaches the capacity
EVENTS = 300_000  # in the file of the bodies
BATCHES = 1_000  # for each load
SINGLE_REQUESTS = 1_000
PAUSE = 5.0  # seconds for the service to recover after an overload
MIB = 2**20


def run(seconds: float, warmup: float) -> None:
    """Measures each step, prints the tables, and stores the results."""
    with (
        report.console.status("starting Neo4j") as status,
        database.directory() as directory,
        database.started(directory) as neo4j,
    ):
        keys = program.api_key(neo4j), program.api_key(neo4j)  # which create the schema
        Fill(neo4j, status.update).grow(workload.PEOPLE)
        with program.service(neo4j) as service:
            bodies = Bodies(directory / "mixed.jsonl", workload.mixed(), EVENTS)
            overload = _Overload(service, keys, bodies, seconds, status.update)
            steps, fairness = asyncio.run(overload.run(warmup))
    overload_report.show(steps, fairness)
    report.check(overload_report.expectations(steps, fairness))
    content = {"steps": [asdict(step) for step in steps], "fairness": [*map(asdict, fairness)]}
    report.save("overload", content)


class _Overload:
    def __init__(
        self,
        service: Program,
        keys: tuple[str, str],
        bodies: Bodies,
        seconds: float,
        show_status: Callable[[str], None],
    ) -> None:
        self._service = service
        self._key, small_key = keys
        self._bodies = bodies
        self._seconds = seconds
        self._show_status = show_status
        self._singles = [
            request(service.address, small_key, body) for body in bodies.take(SINGLE_REQUESTS)
        ]

    def _batches(self) -> list[bytes]:
        """The next requests. Most are sent once, so that new people are new."""
        taken = self._bodies.take(BATCHES * BATCH)
        return [
            request(
                self._service.address,
                self._key,
                b'{"events":[' + b",".join(taken[first : first + BATCH]) + b"]}",
            )
            for first in range(0, len(taken), BATCH)
        ]

    async def run(self, warmup: float) -> tuple[list[Step], list[Fairness]]:
        self._show_status("warming up Java")
        await self._closed(warmup)
        steps = [await self._step(multiple) for multiple in MULTIPLES]
        return steps, [await self._fairness(multiple) for multiple in MULTIPLES[2:]]

    async def _step(self, multiple: float) -> Step:
        self._show_status(f"{multiple:g} x the capacity")
        capacity = await self._capacity()
        began = asyncio.get_running_loop().time()
        loop = OpenLoop(self._service.address, seed=multiple)
        responses, memory = await self._with_memory(
            loop.send(self._batches(), multiple * capacity, self._seconds)
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
        self._show_status(f"another API key during {multiple:g} x the capacity")
        capacity = await self._capacity()
        small, flood = (OpenLoop(self._service.address, seed=seed) for seed in (1, 2))
        alone = await small.send(self._singles, SMALL_RATE, self._seconds)
        during_flood, _ = await asyncio.gather(
            small.send(self._singles, SMALL_RATE, self._seconds),
            flood.send(self._batches(), multiple * capacity, self._seconds),
        )
        return Fairness(
            multiple,
            alone.percentile(200, 99),
            during_flood.percentile(200, 50),
            during_flood.percentile(200, 99),
            len(during_flood.all) - during_flood.statuses[200],
        )

    async def _capacity(self) -> float:
        seconds = self._seconds / 2
        began = asyncio.get_running_loop().time()
        return (await self._closed(seconds)).rate(200, began, seconds)

    async def _closed(self, seconds: float) -> Responses:
        return await ClosedLoop(self._service.address).send(self._batches(), SENDERS, seconds)

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
