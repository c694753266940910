"""The comparison: the service, an import, the baseline, and the driver alone."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import msgspec
from neo4j import READ_ACCESS

from app.customers.context import MAX_COUNTED_TOUCHPOINTS
from app.graph import statements
from app.ingest.group_commit import WRITERS
from bench import cold_start, contender, database, plain, program, report, targets, workload
from bench.bodies import Bodies
from bench.contender import Contender
from bench.database import Database
from bench.driver_load import Driver
from bench.fill import CYPHER, Fill
from bench.import_load import Import
from bench.load import Wrk
from bench.people import EMAIL
from bench.program import Program
from bench.targets import (
    BASELINE,
    BATCHES,
    CONTEXTS,
    DRIVER,
    DRIVER_CONTEXT,
    HOT_BATCHES,
    HOT_MANY,
    IMPORT,
    MANY,
    MOST,
    ONE_IDENTIFIER,
    SDK_CALLS,
    SINGLE,
    SINGLE_BASELINE,
    THREE_IDENTIFIERS,
)
from bench.workload import BATCH

EVENTS = 300_000  # in the file of the mix, after which its events repeat
CONNECTIONS_OF_BATCHES = 4
MAX_BATCHES, MAX_CONTEXTS = 60, 3_000  # of the driver alone, per second

# Java compiles frequent code: that of each of these statements and transactions.
WARMING = (BASELINE, DRIVER, BATCHES)


@dataclass(frozen=True)
class Files:
    """The bodies of the requests. No two rows with the known people have one of them in common."""

    mixed: Bodies
    calls: Bodies
    hot: Bodies
    one_identifier: Bodies
    three_identifiers: Bodies
    contexts: Bodies


def run(rounds: int, seconds: float, warmup: float) -> None:
    """Measures all rows in turns, prints the table, and stores the results."""
    with report.console.status("starting Neo4j") as status, database.directory() as directory:
        with database.started(directory) as neo4j:
            key = program.api_key(neo4j)  # which creates the schema
            fill = Fill(neo4j, status.update)
            fill.grow(workload.PEOPLE)
            status.update("writing the bodies of the requests")
            files = write_files(directory)
            with program.baseline(neo4j) as baseline, program.service(neo4j) as service:
                contenders = [
                    *_others(neo4j, baseline, files),
                    *service_rows(service, key, files),
                    Contender(IMPORT, Import(neo4j, files.mixed)),
                ]
                for row in contenders:
                    if row.name in WARMING:
                        status.update(f"warming up Java: {row.name}")
                        row.load.run(warmup)
                samples = contender.compare(contenders, neo4j.pid, rounds, seconds, status.update)
                retries = service.retries()
        status.update("starting again")
        cold = cold_start.measure(directory, key, files.mixed)
    title = f"medians of {rounds} rounds of {seconds:g} s; {retries} commits retried"
    report.show(title, samples)
    cold_start.show(cold)
    report.check(targets.expectations(samples))
    content = {"rows": report.results(samples), "retries": retries, "coldStart": asdict(cold)}
    report.save("comparison", content)


def write_files(directory: Path) -> Files:
    """The files of the bodies."""
    complete = workload.with_all_kinds()
    # The two rows of known people have other people each, more than the service's caches hold.
    one, three = complete[::2], complete[1::2]

    def bodies(name: str, contents: Iterator[Any], size: int) -> Bodies:
        return Bodies(directory / f"{name}.jsonl", contents, size)

    return Files(
        bodies("mixed", workload.mixed(), EVENTS),
        bodies("calls", workload.calls(), EVENTS),
        bodies("hot", workload.known_in_turn(workload.hot_people(), [EMAIL]), 10 * BATCH),
        bodies("one", workload.known_in_turn(one, [EMAIL]), len(one)),
        bodies("three", workload.known_in_turn(three, workload.ALL_KINDS), len(three)),
        bodies("contexts", workload.contexts(), EVENTS // 10),
    )


def service_rows(service: Program, key: str, files: Files) -> Iterator[Contender]:
    """The rows of the service."""
    headers = [f"X-API-Key: {key}"]
    for name, connections, bodies in (
        (SINGLE, 1, files.mixed),
        (MANY, 64, files.mixed),
        (MOST, 256, files.mixed),
        (HOT_MANY, 64, files.hot),
    ):
        yield Contender(name, Wrk(service.url, connections, headers, bodies), service)
    for name, bodies in (
        (BATCHES, files.mixed),
        (HOT_BATCHES, files.hot),
        (ONE_IDENTIFIER, files.one_identifier),
        (THREE_IDENTIFIERS, files.three_identifiers),
    ):
        load = Wrk(service.url, CONNECTIONS_OF_BATCHES, headers, bodies, BATCH)
        yield Contender(name, load, service)
    address = f"{service.address}/v1/batch"
    calls = Wrk(address, CONNECTIONS_OF_BATCHES, headers, files.calls, BATCH, "batch")
    yield Contender(SDK_CALLS, calls, service)
    contexts = Wrk(f"{service.address}/v1/context", 1, headers, files.contexts)
    yield Contender(CONTEXTS, contexts, service)


def _others(neo4j: Database, baseline: Program, files: Files) -> Iterator[Contender]:
    yield Contender(BASELINE, Wrk(baseline.url, 64, [], files.mixed), baseline)
    yield Contender(SINGLE_BASELINE, Wrk(baseline.url, 1, [], files.mixed), baseline)

    def batch() -> dict[str, Any]:
        events = map(msgspec.json.decode, files.mixed.take(BATCH))
        return {"events": [*map(plain.row, events)]}

    statement = (CYPHER / "plain.cypher").read_text()
    yield Contender(DRIVER, Driver(neo4j, statement, batch, MAX_BATCHES, BATCH, WRITERS))

    def context() -> dict[str, Any]:
        (body,) = files.contexts.take(1)
        ((kind, value),) = msgspec.json.decode(body).items()
        keys = [{"kind": kind, "value": value}]
        limits = {"limit": 20, "scan": MAX_COUNTED_TOUCHPOINTS}
        return absent | {"keys": keys, **limits}

    statement = statements.load("read")["context"]
    absent = dict.fromkeys(statement.parameters)
    driver = Driver(neo4j, statement.text, context, MAX_CONTEXTS, access_mode=READ_ACCESS)
    yield Contender(DRIVER_CONTEXT, driver)
