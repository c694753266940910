"""The rehearsal: runs the write and rolls it back, until Neo4j has compiled it."""

import asyncio
import random
import uuid

import msgspec

from app.domain.resolution import ResolutionLimits
from app.errors import ServiceError, Unavailable
from app.graph import statements
from app.graph.graph import Graph, Row
from app.ingest import payload, writer
from app.ingest.rows import IngestRequest, build_rows
from app.ingest.write_queue import AtomicGroup

TIMEOUT_SECONDS = 2.0
BATCH_EVENTS = 100
MAX_SECONDS_PER_EVENT = 0.0004  # a Neo4j that has compiled the write takes less than half


class Rehearsal:
    """Makes Neo4j compile the write before the first request, after a start.

    It leaves no node behind. If the write is already compiled, one batch is enough.
    """

    def __init__(
        self,
        graph: Graph,
        limits: ResolutionLimits,
        timeout: float = TIMEOUT_SECONDS,
        max_seconds_per_event: float = MAX_SECONDS_PER_EVENT,
    ) -> None:
        self._graph = graph
        self._limits = limits
        self._timeout = timeout
        self._max_batch_seconds = BATCH_EVENTS * max_seconds_per_event
        self._statement = statements.load("write")["ingest"]

    async def run(self) -> None:
        """Returns after a batch that was fast enough, or after the timeout."""
        loop = asyncio.get_running_loop()
        end = loop.time() + self._timeout
        while (began := loop.time()) < end:
            try:
                await self._graph.dry_run(self._statement, end - began, **self._values())
            except (PermissionError, Unavailable):
                return  # the next readiness check logs the cause
            if loop.time() - began <= self._max_batch_seconds:
                return

    def _values(self) -> Row:
        body = payload.decode(msgspec.json.encode({"events": _events()}))
        rows = build_rows(IngestRequest(body, "rehearsal"), ())
        groups = [AtomicGroup([row]) for row in rows if not isinstance(row, ServiceError)]
        values, _ = writer.parameters(self._limits, groups)
        return values


def _events() -> list[Row]:
    """Returns events of new Customers and of Customers of earlier events, as in an import."""
    tag = uuid.uuid4().hex
    people = [_person(tag, number) for number in range(BATCH_EVENTS // 2)]
    return [
        {"event": "rehearsal", "idempotencyKey": f"{tag}-{number}", **person}
        for number, person in enumerate([*people, *people])
    ]


def _person(tag: str, number: int) -> Row:
    # With capitals, the service also stores the identifier as sent.
    return {
        "email": f"{tag}-{number}@Rehearsal.Example",
        "phone": f"+1{random.randint(2 * 10**9, 10**10 - 1)}",  # noqa: S311 - no secret
        "externalId": f"rehearsal-{tag}-{number}",
    }
