"""The comparison: the service, the baseline, Neo4j's HTTP API, and the driver alone."""

import base64
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import msgspec

from app.graph import statements
from bench import contender, database, program, report, workload
from bench.contender import Contender, Sample, ratio
from bench.database import Database
from bench.driver_load import Driver, DriverReads
from bench.load import Wrk
from bench.program import Program
from bench.report import Expectation

ATTACH = Path(__file__).parent / "cypher" / "attach.cypher"

BASELINE = "FastAPI, 64 connections"
SINGLE_BASELINE = "FastAPI, 1 connection"
QUERY_API = "Neo4j Query API, 64 connections"
DRIVER = "driver alone, batches of 500"
ATTACH_ONLY = "driver alone, attach only, 500"
SINGLE = "this, 1 connection"
MANY = "this, 64 connections"
MOST = "this, 256 connections"
BATCHES = "this, batches of 500"
DRIVER_CONTEXT = "driver alone, context, 1 connection"
CONTEXTS = "this, context, 1 connection"

# Java compiles frequent code: each of small transactions, the HTTP API and batches needs a warm-up.
WARMING = (BASELINE, QUERY_API, DRIVER)


def run(rounds: int, seconds: float, warmup: float) -> None:
    """Measures all rows in turns, prints the table, and stores the results."""
    with report.console.status("starting Neo4j") as status, database.started() as neo4j:
        ids = database.prepare(neo4j)
        key = program.api_key(neo4j)
        with program.baseline(neo4j) as baseline, program.service(neo4j) as service:
            contenders = [*_others(neo4j, baseline, ids), *service_rows(service, key)]
            for row in contenders:
                if row.name in WARMING:
                    status.update(f"warming up Java: {row.name}")
                    row.load.run(warmup)
            samples = contender.compare(contenders, neo4j.pid, rounds, seconds, status.update)
            retries = service.retries()
    title = f"medians of {rounds} rounds of {seconds:g} s; {retries} commits retried"
    report.show(title, samples)
    report.check(expectations(samples))
    report.save("comparison", {"rows": report.results(samples), "retries": retries})


def service_rows(service: Program, key: str) -> Iterator[Contender]:
    """The rows of the service."""
    headers = [f"X-API-Key: {key}"]
    for name, connections in ((SINGLE, 1), (MANY, 64), (MOST, 256)):
        yield Contender(name, Wrk(service.url, connections, headers), service)
    yield Contender(BATCHES, Wrk(service.url, 4, headers, shape="batch"), service)
    context = Wrk(f"{service.address}/v1/context", 1, headers, "context", "known")
    yield Contender(CONTEXTS, context, service)


def expectations(samples: Mapping[str, Sequence[Sample]]) -> list[Expectation]:
    """The targets of the comparison."""

    def versus(one: str, other: str, measure: str = "events") -> float:
        return ratio(samples[one], samples[other], measure)

    tail = ratio(samples[MANY], samples[BASELINE], "p99", "p50")
    return [
        Expectation("64 connections, events/s / baseline", versus(MANY, BASELINE), 6),
        Expectation("64 connections, p99 / p50 of the baseline", tail, 1, True),
        Expectation(
            "1 connection, p50 / baseline", versus(SINGLE, SINGLE_BASELINE, "p50"), 0.6, True
        ),
        Expectation("batches of 500, events/s / driver alone", versus(BATCHES, DRIVER), 0.95),
        Expectation("batches of 500, events/s / attach only", versus(BATCHES, ATTACH_ONLY), 0.75),
        Expectation(
            "context, p50 / driver alone", versus(CONTEXTS, DRIVER_CONTEXT, "p50"), 2, True
        ),
    ]


def _others(neo4j: Database, baseline: Program, ids: list[str]) -> Iterator[Contender]:
    statement = statements.load("write")["ingest"].text
    yield Contender(BASELINE, Wrk(baseline.url, 64, []), baseline)
    yield Contender(SINGLE_BASELINE, Wrk(baseline.url, 1, []), baseline)
    yield Contender(QUERY_API, _query_api(neo4j, statement))
    yield Contender(DRIVER, Driver(neo4j, statement))
    yield Contender(ATTACH_ONLY, Driver(neo4j, ATTACH.read_text(), ids))
    context = statements.load("read")["context"].text
    yield Contender(DRIVER_CONTEXT, DriverReads(neo4j, context, workload.context_parameters))


def _query_api(neo4j: Database, statement: str) -> Wrk:
    file = neo4j.home / "statement.json"
    file.write_bytes(msgspec.json.encode(statement))
    connection = neo4j.connection
    user = base64.b64encode(f"{connection.username}:{connection.password}".encode()).decode()
    headers = [f"Authorization: Basic {user}"]
    return Wrk(neo4j.query_api, 64, headers, shape="query", statement=file)
