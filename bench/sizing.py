"""Sizing: measures the constants of `waypath size`, and compares its forecast with a run."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from app.sizing import constants
from app.sizing.constants import Constants, Cost
from app.sizing.forecast import DAY_SECONDS, Workload, forecast
from bench import contender, database, program, report, workload
from bench.bodies import Bodies
from bench.contender import Contender, Sample
from bench.database import NAME
from bench.fill import Fill
from bench.load import Wrk
from bench.program import Program
from bench.report import Expectation
from bench.workload import BATCH

EVENTS = 300_000  # in the file
TOLERANCE = 0.3

SINGLE = "64 connections"
BATCHES = "batches of 500"


@dataclass(frozen=True)
class Size:
    """The people and Touchpoints to fill a graph with."""

    people: int
    touchpoints: int


# Of the constants, and of the run that the forecast is compared with: other sizes and proportions.
MEASURED = Size(200_000, 1_000_000)
CHECKED = Size(300_000, 1_200_000)


@dataclass(frozen=True)
class Results:
    """The bytes of the files after each step of the fill, the rows, and the memory of a worker."""

    empty: int
    with_people: int
    with_touchpoints: int
    indexes: int
    worker: float
    rows: dict[str, list[Sample]]


def run(rounds: int, seconds: float, warmup: float, *, check: bool) -> None:
    """Writes the constants; with `check`, compares the forecast of those in the file instead."""
    size = CHECKED if check else MEASURED
    results = _measure(size, rounds, seconds, warmup)
    report.show(f"{size.touchpoints:,} Touchpoints, {size.people:,} people", results.rows)
    if check:
        expectations = list(_expectations(size, results, constants.load()))
        report.check(expectations)
        ratios = {each.text: each.measured for each in expectations}
        report.save("sizing", {"ratios": ratios, "rows": report.results(results.rows)})
    else:
        constants.save(_constants(size, results))
        report.console.print(f"stored in {constants.FILE}")


def _measure(size: Size, rounds: int, seconds: float, warmup: float) -> Results:
    with report.console.status("starting Neo4j") as status, database.directory() as directory:
        # Neo4j writes all data to the files when it stops.
        stored: list[int] = []
        for people, touchpoints in ((0, 0), (size.people, 0), (size.people, size.touchpoints)):
            with database.started(directory) as neo4j:
                program.api_key(neo4j)  # which creates the schema
                fill = Fill(neo4j, status.update)
                fill.people = people if touchpoints else 0
                fill.grow(people, touchpoints)
            stored.append(_stored(directory))
        indexes = _stored(directory, "schema/index")
        bodies = Bodies(directory / "mixed.jsonl", workload.mixed(size.people), EVENTS)
        with database.started(directory) as neo4j, program.service(neo4j) as service:
            rows = list(_rows(service, program.api_key(neo4j), bodies))
            for row in rows:
                status.update(f"warming up Java: {row.name}")
                row.load.run(warmup)
            samples = contender.compare(rows, neo4j.pid, rounds, seconds, status.update)
            worker = max(service.memory())
    empty, with_people, with_touchpoints = stored
    return Results(empty, with_people, with_touchpoints, indexes, worker, samples)


def _rows(service: Program, key: str, bodies: Bodies) -> Iterator[Contender]:
    for name, connections, size in ((SINGLE, 64, 1), (BATCHES, 4, BATCH)):
        load = Wrk(service.url, connections, [f"X-API-Key: {key}"], bodies, size)
        yield Contender(name, load, service)


def _stored(directory: Path, folder: str = "") -> int:
    """The bytes of the files of the database, or of a folder in it."""
    path = directory / "neo4j" / "data" / "databases" / NAME / folder
    return sum(file.stat().st_size for file in path.rglob("*") if file.is_file())


def _constants(size: Size, results: Results) -> Constants:
    return Constants(
        date=datetime.now(UTC).date().isoformat(),
        machine=report.host(),
        single=_cost(results.rows[SINGLE]),
        batch=_cost(results.rows[BATCHES]),
        person=(results.with_people - results.empty) / size.people,
        touchpoint=(results.with_touchpoints - results.with_people) / size.touchpoints,
        index=results.indexes / size.touchpoints,
        worker=results.worker,
    )


def _cost(samples: list[Sample]) -> Cost:
    median = contender.median(samples)
    return Cost(median.program_cpu_an_event, median.neo4j_cpu_an_event, median.events)


def _expectations(size: Size, results: Results, measured: Constants) -> Iterator[Expectation]:
    """The size and the rates of the run, as a forecast of them and as they were."""
    days = 30
    for name, is_batched in ((SINGLE, False), (BATCHES, True)):
        sample = contender.median(results.rows[name])
        events_a_day = size.touchpoints // days
        peak = sample.events / (events_a_day / DAY_SECONDS)
        expected = forecast(Workload(events_a_day, size.people, days, peak, is_batched), measured)
        yield from _within(f"{name}: cores, service", expected.service_load, sample.program_cpu)
        yield from _within(f"{name}: cores, Neo4j", expected.neo4j_load, sample.neo4j_cpu)
        if is_batched:
            data = results.with_touchpoints - results.empty
            yield from _within("bytes of data", expected.data, data)
    yield from _within("memory of a worker", measured.worker, results.worker)


def _within(text: str, expected: float, actual: float) -> Iterator[Expectation]:
    yield Expectation(f"{text}: forecast / run", expected / actual, 1 - TOLERANCE)
    yield Expectation(f"{text}: run / forecast", actual / expected, 1 / (1 + TOLERANCE))
