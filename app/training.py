"""The training run for the AOT cache of the embedded Neo4j: writes and reads as a service does.

`run` makes the AOT cache for this user. Its exit codes: 0 if there is an AOT cache, 1 with the
reason on standard error, 75 if another process makes it now.
"""

import asyncio
import os
import random
import signal
import sys
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

from app import settings
from app.access import development_key
from app.customers.context_query import ContextQuery
from app.customers.explanation.reader import ExplanationQuery
from app.customers.timeline import TimelineQuery
from app.errors import Unavailable
from app.graph.connection import Database
from app.graph.embedded import aot_cache, aot_training, installation, priority
from app.graph.embedded.errors import EmbeddedError
from app.ingest import payload
from app.ingest.results import EventResult
from app.ingest.rows import IngestRequest
from app.main import Services
from app.observability.metrics import Metrics
from app.settings import Settings

PEOPLE = 400
BATCHES = (*[1] * 20, *[20] * 10, *[100] * 5, 500)  # the numbers of events of the requests
READS = 20  # of each kind
TIMEOUT_SECONDS = 600.0

Event = dict[str, Any]


def run() -> int:
    """Makes the AOT cache with the lowest priority. Returns the exit code."""
    priority.lower()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(os.EX_SOFTWARE))  # ends its Neo4j, too
    try:
        is_made = make(settings.load(os.environ))
    except (EmbeddedError, Unavailable, TimeoutError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0 if is_made else os.EX_TEMPFAIL


def make(config: Settings) -> bool:
    """Makes the AOT cache for this user, unless there is one. Takes about a minute.

    Returns False if another process makes it now. Raises EmbeddedError, Unavailable or
    TimeoutError.
    """
    class_path = installation.class_path()
    cache = aot_cache.user_cache(class_path)
    return aot_training.make(cache, class_path, partial(train, config)) is not None


def train(config: Settings, database: Database) -> None:
    """Writes and reads on an empty database. Raises Unavailable or TimeoutError."""
    asyncio.run(_train(config, database))


async def _train(config: Settings, database: Database) -> None:
    # It has no limits of another storage, and no traces.
    config = msgspec.structs.replace(config, rate_limit_storage=None, otlp_endpoint=None)
    async with asyncio.timeout(TIMEOUT_SECONDS):
        services = Services(config, database, Metrics())
        await services.readiness.check()
        async with services.running():
            stored = [await _write(services, events) for events in _requests()]
            with tempfile.TemporaryDirectory() as folder:
                key = await development_key.ensure(Path(folder) / "key", database)
            await services.guard.authorize(key)
            for event, result in random.Random(1).sample(stored, READS):  # noqa: S311 - no secret
                await _read(services, event, result)


async def _write(services: Services, events: list[Event]) -> tuple[Event, EventResult]:
    """Writes a request. Returns its first event and that event's result."""
    body = payload.decode(msgspec.json.encode({"events": events}))
    while True:
        try:
            result = (await services.ingest.submit(IngestRequest(body, "training"))).results[0]
        except Unavailable:  # a host with much load
            await asyncio.sleep(1)
        else:
            assert isinstance(result, EventResult)  # noqa: S101 - its customer was not named
            return events[0], result


async def _read(services: Services, event: Event, result: EventResult) -> None:
    identifiers = {name: event.get(name) for name in ("email", "phone", "externalId")}
    await services.contexts.read(msgspec.convert(identifiers, ContextQuery))
    await services.contexts.read(ContextQuery(customer=result.customer_id))
    await services.profiles.read(result.customer_id)
    await services.timelines.read(TimelineQuery(result.customer_id))
    await services.timelines.read(TimelineQuery(result.customer_id, event=event["event"]))
    await services.explanations.read(ExplanationQuery(result.event_id))


def _requests() -> Iterator[list[Event]]:
    """Events of new people and of known ones, with one to three identifiers."""
    source = random.Random(1)  # noqa: S311 - no secret
    for number, size in enumerate(BATCHES):
        yield [_event(source, f"{number}-{position}") for position in range(size)]


def _event(source: random.Random, event_id: str) -> Event:
    person = source.randrange(PEOPLE)
    identifiers = {
        "email": f"Person-{person}@example.com",
        "phone": f"+1212555{person:04}",
        "externalId": f"crm-{person}",
    }
    names = source.sample(list(identifiers), source.choice((1, 1, 2, 3)))
    return {
        "event": source.choice(("page_viewed", "email_opened", "order_placed")),
        "timestamp": f"2026-01-{source.randrange(1, 29):02}T12:00:00Z",
        "idempotencyKey": event_id,
        "properties": {"campaign": "spring", "amount": source.randrange(1000), "tags": ["a", "b"]},
        **{name: identifiers[name] for name in names},
    }
