"""Statistics of events of an earlier day, written as the service does."""

import asyncio
import time

from app.activity.recorder import ActivityRecorder
from app.errors import ServiceError
from app.graph.connection import Database
from app.graph.graph import Graph
from app.ingest.observer import ObservedRequest, Sender
from app.ingest.results import EventResult, IngestResult
from app.ingest.writer import RowResult


def write(database: Database, event: str, count: int) -> None:
    """Adds a number of events with a name to the statistics of 20 days ago."""
    rows = [{"event": event}] * count
    written = [RowResult("cus_x", "email", False, set(), set())] * count
    results: list[EventResult | ServiceError] = [EventResult("evt_x", "cus_x", "email")] * count
    result = IngestResult(results, False, count, {("stored", "email"): count}, rows, written)
    request = ObservedRequest(Sender("http"), time.time() - 86_400 * 20, result=result)
    asyncio.run(_write(database, request))


async def _write(database: Database, request: ObservedRequest) -> None:
    graph = Graph(database)
    recorder = ActivityRecorder(graph)
    recorder.observe(request)
    await recorder.write()
    await graph.close()
