"""A cold start: the first seconds of load after a restart of the service and of Neo4j."""

import asyncio
import time
from dataclasses import dataclass
from pathlib import Path

from bench import database, program, report
from bench.bodies import Bodies
from bench.http_connection import request
from bench.senders import ClosedLoop

SENDERS = 64
SECONDS = 5
MAX_RATE = 6_000  # events per second; enough are prepared for this rate


@dataclass(frozen=True)
class ColdStart:
    """The seconds of the starts; then the first response and each second of load."""

    neo4j_start: float
    service_start: float
    first_response: float  # seconds since the first request
    events: list[float]  # stored in each second
    p99: list[float]  # of the responses in each second, in ms
    failed: int


def measure(directory: Path, key: str, bodies: Bodies) -> ColdStart:
    """Starts Neo4j on its data and the service, and sends single events at once."""
    contents = bodies.take(SECONDS * MAX_RATE)
    began = time.monotonic()
    with database.started(directory) as neo4j:
        neo4j_start, began = time.monotonic() - began, time.monotonic()
        with program.service(neo4j) as service:
            service_start = time.monotonic() - began
            requests = [request(service.address, key, content) for content in contents]
            return asyncio.run(_load(service.address, requests, neo4j_start, service_start))


def show(cold: ColdStart) -> None:
    """Prints it."""
    report.console.print(
        f"cold start: Neo4j in {cold.neo4j_start:.1f} s, then the service in "
        f"{cold.service_start:.1f} s; first response after {cold.first_response:.2f} s"
    )
    for second, (events, p99) in enumerate(zip(cold.events, cold.p99, strict=True), 1):
        report.console.print(f"  second {second}: {events:,.0f} events/s, p99 {p99:,.0f} ms")


async def _load(
    address: str, requests: list[bytes], neo4j_start: float, service_start: float
) -> ColdStart:
    began = asyncio.get_running_loop().time()
    responses = await ClosedLoop(address).send(requests, SENDERS, SECONDS)
    stored = [response for response in responses.all if response.status == 200]
    seconds = [
        sorted(one.seconds * 1000 for one in stored if int(one.at - began) == second)
        for second in range(SECONDS)
    ]
    return ColdStart(
        neo4j_start,
        service_start,
        min((one.at for one in stored), default=float("nan")) - began,
        [len(latencies) for latencies in seconds],
        [
            latencies[int((len(latencies) - 1) * 0.99)] if latencies else 0.0
            for latencies in seconds
        ],
        len(responses.all) - len(stored),
    )
