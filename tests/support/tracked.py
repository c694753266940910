"""Events of tracking SDKs, stored by the use case itself: `/v1/events` has no anonymousId."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from anyio.from_thread import start_blocking_portal

from app.domain.resolution import ResolutionLimits
from app.errors import ServiceError
from app.graph.connection import Database
from app.graph.graph import Graph
from app.ingest import writer
from app.ingest.events import TrackedEvent
from app.ingest.payload import Payload
from app.ingest.rows import IngestRequest, build_rows
from app.ingest.write_queue import AtomicGroup

FIELDS = {"externalId": "external_id", "anonymousId": "anonymous_id"} | {
    "idempotencyKey": "idempotency_key"
}

Track = Callable[[list[dict[str, Any]]], list[dict[str, str]]]


@contextmanager
def tracking(database: Database, limits: ResolutionLimits | None = None) -> Iterator[Track]:
    """Gives a function that stores events, each by its fields; it returns the result of each."""

    async def store(events: list[dict[str, Any]]) -> list[dict[str, str]]:
        sent = [
            TrackedEvent(**{FIELDS.get(name, name): value for name, value in event.items()})
            for event in events
        ]
        request = IngestRequest(Payload([*sent], True, 0, {}), "tracked", is_lenient=True)
        rows = build_rows(request, ())
        groups = [AtomicGroup([row]) for row in rows if not isinstance(row, ServiceError)]
        assert len(groups) == len(rows)
        deadline = asyncio.get_running_loop().time() + 60
        written = await writer.write(graph, limits or ResolutionLimits(), groups, deadline)
        return [
            {
                "eventId": group.rows[0]["id"],
                "customerId": result.customer_id or "",
                "resolved": result.resolved or "",
            }
            for group, result in zip(groups, written, strict=True)
        ]

    with start_blocking_portal() as portal:
        graph = portal.call(_graph, database)
        try:
            yield lambda events: portal.call(store, events)
        finally:
            portal.call(graph.close)


async def _graph(database: Database) -> Graph:
    return Graph(database)
