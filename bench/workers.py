"""Workers: the throughput of several worker processes, and their memory over time."""

import contextlib
import time
from collections.abc import Callable, Iterator, Sequence

from bench import contender, database, program, report, workload
from bench.bodies import Bodies
from bench.contender import Contender
from bench.database import Database
from bench.fill import Fill
from bench.load import Wrk
from bench.program import Program
from bench.report import Expectation
from bench.workload import BATCH

MIB = 2**20
EVENTS = 300_000  # in the file of the bodies
SAMPLE = 15  # seconds of load between two measurements of the memory


def run(numbers: Sequence[int], rounds: int, seconds: float, warmup: float) -> None:
    """Measures the service with each number of workers, on one database."""
    with report.console.status("starting Neo4j") as status, contextlib.ExitStack() as stack:
        neo4j, key, bodies = stack.enter_context(_prepared(status.update))
        services = {
            number: stack.enter_context(program.service(neo4j, number)) for number in numbers
        }
        rows = [row for number in numbers for row in _rows(number, services[number], key, bodies)]
        status.update("warming up Java")
        for row in rows[:2]:
            row.load.run(warmup)
        samples = contender.compare(rows, neo4j.pid, rounds, seconds, status.update)
        memory = {number: services[number].memory() for number in numbers}
        retries = {number: services[number].retries() for number in numbers}
    report.show(f"medians of {rounds} rounds of {seconds:g} s", samples)
    for number, sizes in memory.items():
        memories = ", ".join(f"{size / MIB:.0f}" for size in sizes)
        report.console.print(f"{number} workers: {memories} MiB; {retries[number]} commits retried")
    content = {"rows": report.results(samples), "memory": memory, "retries": retries}
    report.save("workers", content)


def soak(minutes: float, workers: int) -> None:
    """Loads the service for `minutes`, and measures its memory every 15 seconds."""
    series: list[tuple[float, list[int]]] = []
    with report.console.status("starting Neo4j") as status, contextlib.ExitStack() as stack:
        neo4j, key, bodies = stack.enter_context(_prepared(status.update))
        service = stack.enter_context(program.service(neo4j, workers))
        load = _single(service, key, bodies)
        # Pools and caches of identifiers grow at first.
        load.run(4 * SAMPLE)
        for minute in _clock(minutes, status.update):
            load.run(SAMPLE)
            series.append((minute, service.memory()))
            sizes = " ".join(f"{size / MIB:.1f}" for size in series[-1][1])
            report.console.print(f"{minute:5.1f} min  {sizes} MiB")
    report.check([Expectation("memory, last / first", _growth(series), 1.05, at_most=True)])
    report.save("soak", {"workers": workers, "memory": series})


@contextlib.contextmanager
def _prepared(show_status: Callable[[str], None]) -> Iterator[tuple[Database, str, Bodies]]:
    with database.directory() as directory, database.started(directory) as neo4j:
        key = program.api_key(neo4j)  # which creates the schema
        Fill(neo4j, show_status).grow(workload.PEOPLE)
        yield neo4j, key, Bodies(directory / "mixed.jsonl", workload.mixed(), EVENTS)


def _rows(number: int, service: Program, key: str, bodies: Bodies) -> Iterator[Contender]:
    name = "1 worker" if number == 1 else f"{number} workers"
    yield Contender(f"{name}, 64 connections", _single(service, key, bodies), service)
    batches = Wrk(service.url, 8, [f"X-API-Key: {key}"], bodies, BATCH)
    yield Contender(f"{name}, batches of 500", batches, service)


def _single(service: Program, key: str, bodies: Bodies) -> Wrk:
    return Wrk(service.url, 64, [f"X-API-Key: {key}"], bodies)


def _clock(minutes: float, show_status: Callable[[str], None]) -> Iterator[float]:
    began = time.monotonic()
    while (now := (time.monotonic() - began) / 60) < minutes:
        show_status(f"minute {now:.0f} of {minutes:g}")
        yield now


def _growth(series: list[tuple[float, list[int]]]) -> float:
    return sum(series[-1][1]) / sum(series[0][1])
