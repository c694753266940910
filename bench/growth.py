"""Growth: the throughput and latency of the service as the graph grows."""

import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from typing import Any

import msgspec

from bench import contender, database, program, report, workload
from bench.bodies import Bodies
from bench.contender import Contender, Sample
from bench.database import Database
from bench.driver_load import Driver
from bench.fill import Fill, customer_id
from bench.load import Wrk
from bench.program import Program
from bench.report import Expectation
from bench.workload import BATCH

STAGES = (10_000, 100_000, 1_000_000)
REFERENCE = 100_000  # Touchpoints of the stage to which the last one is compared
TOUCHPOINTS_A_PERSON = 2
EVENTS = 300_000  # in the file of a stage
YARDSTICK = "UNWIND $events AS event RETURN count(event.email)"

SINGLE = "64 connections"
BATCHES = "batches of 500"
LARGE = "a page of the timeline of the largest customer"
SMALL = "a page of the timeline of a small one"
# By Zipf's law, the person of this rank, as a share of the Touchpoints, has about 20 to 30 of them.
_SMALL = 300


@dataclass(frozen=True)
class Stage:
    """The results at one size. The yardstick measures the speed of the host at that time."""

    touchpoints: int
    people: int
    fill_seconds: float
    yardstick: float
    rows: dict[str, list[Sample]]


def run(touchpoints: int, rounds: int, seconds: float, warmup: float) -> None:
    """Measures at each size up to `touchpoints`, prints the tables, and stores the results."""
    sizes = [size for size in STAGES if size < touchpoints] + [touchpoints]
    with (
        report.console.status("starting Neo4j") as status,
        database.directory() as directory,
        database.started(directory) as neo4j,
    ):
        key = program.api_key(neo4j)  # which creates the schema
        with program.service(neo4j) as service:
            growth = _Growth(neo4j, service, key, status.update)
            stages = []
            for size in sizes:
                stages.append(growth.stage(size, rounds, seconds, 0 if stages else warmup))
                report.show(_title(stages[-1]), stages[-1].rows)
    report.check(expectations(stages))
    report.save("growth", {"stages": [_results(stage) for stage in stages]})


def expectations(stages: list[Stage]) -> Iterator[Expectation]:
    """The targets: the last size within 15 % of the reference, and a page of any timeline fast."""
    last = stages[-1]
    reference = next((one for one in stages[:-1] if one.touchpoints == REFERENCE), stages[0])
    host_speed = last.yardstick / reference.yardstick
    versus = f"{last.touchpoints:,} / {reference.touchpoints:,} Touchpoints"
    for row in (SINGLE, BATCHES):
        one, other = contender.median(last.rows[row]), contender.median(reference.rows[row])
        rate = one.events / other.events
        cpu = one.neo4j_cpu_an_event / other.neo4j_cpu_an_event
        yield Expectation(f"{row}: events/s, {versus}", rate, 0.85)
        yield Expectation(f"{row}: the same, for the speed of the host", rate / host_speed, 0.85)
        yield Expectation(f"{row}: p99, {versus}", one.p99 / other.p99, 1.15, at_most=True)
        yield Expectation(f"{row}: CPU of Neo4j per event, {versus}", cpu, 1.15, at_most=True)
    pages = contender.ratio(last.rows[LARGE], last.rows[SMALL], "p50")
    yield Expectation("a page of the largest customer, p50 / that of a small one", pages, 1.5, True)


class _Growth:
    def __init__(
        self, neo4j: Database, service: Program, key: str, show_status: Callable[[str], None]
    ) -> None:
        self._neo4j = neo4j
        self._service = service
        self._headers = [f"X-API-Key: {key}"]
        self._show_status = show_status
        self._fill = Fill(neo4j, show_status)

    def stage(self, size: int, rounds: int, seconds: float, warmup: float) -> Stage:
        """Fills the graph up to this number of Touchpoints, and measures.

        Before the first measurement, Java compiles the code of each kind of load.
        """
        began = time.monotonic()
        people = size // TOUCHPOINTS_A_PERSON
        self._fill.grow(people, size)
        took = time.monotonic() - began
        self._show_status("writing the bodies of the requests")
        bodies = Bodies(self._neo4j.home / "mixed.jsonl", workload.mixed(people), EVENTS)
        rows = list(self._rows(bodies))
        if warmup:
            for row in rows:
                self._show_status(f"warming up Java: {row.name}")
                row.load.run(warmup)
        yardstick = Driver(self._neo4j, YARDSTICK, lambda: _events(bodies), 50, BATCH)
        speeds = [yardstick.run(seconds)]
        samples = contender.compare(rows, self._neo4j.pid, rounds, seconds, self._show_status)
        speeds.append(yardstick.run(seconds))
        speed = max(sample.events / sample.seconds for sample in speeds)
        return Stage(size, self._fill.people, took, speed, samples)

    def _rows(self, bodies: Bodies) -> Iterator[Contender]:
        for name, connections, size in ((SINGLE, 64, 1), (BATCHES, 4, BATCH)):
            load = Wrk(self._service.url, connections, self._headers, bodies, size)
            yield Contender(name, load, self._service)
        for name, number in ((LARGE, 0), (SMALL, self._fill.touchpoints // _SMALL)):
            url = f"{self._service.address}/v1/customers/{customer_id(number)}/timeline"
            yield Contender(name, Wrk(url, 1, self._headers, None), self._service)


def _events(bodies: Bodies) -> dict[str, Any]:
    return {"events": [msgspec.json.decode(body) for body in bodies.take(BATCH)]}


def _title(stage: Stage) -> str:
    filled = f"filled in {stage.fill_seconds:.0f} s"
    return f"{stage.touchpoints:,} Touchpoints, {stage.people:,} people, {filled}"


def _results(stage: Stage) -> dict[str, Any]:
    return {**asdict(stage), "rows": report.results(stage.rows)}
