"""The rehearsal of the write: its effects, its duration, and its effect on other writes."""

import asyncio

import pytest
from msgspec.structs import replace

from app.domain.resolution import ResolutionLimits
from app.graph.graph import Graph
from app.graph.migrations import definitions
from app.graph.migrations.runner import Migrator
from app.graph.readiness import Readiness
from app.ingest.rehearsal import Rehearsal
from tests.support.faults.proxy import BoltProxy
from tests.support.faults.waiting import until

pytestmark = pytest.mark.anyio


@pytest.fixture(autouse=True)
def schema(api_key):
    """The constraints are in place, as they are to make a key."""


@pytest.fixture
def batches(graph, monkeypatch):
    """The batches that are rehearsed, each by its parameters."""
    rehearsals = []
    dry_run = graph.dry_run

    async def note(statement, seconds, /, **parameters):
        rehearsals.append(parameters)
        await dry_run(statement, seconds, **parameters)

    monkeypatch.setattr(graph, "dry_run", note)
    return rehearsals


async def test_it_leaves_nothing_behind(graph, batches, cypher):
    await Rehearsal(graph, ResolutionLimits()).run()

    events = [event for batch in batches for event in batch["batch"]["events"]]
    identifiers = [key["value"] for event in events for key in event["identifierKeys"]]
    ids = [event[name] for event in events for name in ("id", "newCustomer")]
    assert events
    assert not cypher("MATCH (n:Identifier) WHERE n.value IN $values RETURN n", values=identifiers)
    assert not cypher("MATCH (n:Touchpoint|Customer) WHERE n.id IN $ids RETURN n", ids=ids)


async def test_a_batch_has_new_people_and_those_of_events_before(graph, batches):
    await Rehearsal(graph, ResolutionLimits()).run()

    people = [event["identifiers"][0] for event in batches[0]["batch"]["events"]]
    assert len(people) == 2 * len(set(people))


async def test_a_database_that_is_fast_enough_takes_one_batch(graph, batches):
    await Rehearsal(graph, ResolutionLimits(), max_seconds_per_event=1.0).run()

    assert len(batches) == 1


async def test_a_database_that_is_slow_is_rehearsed_for_two_seconds_at_most(database):
    async with BoltProxy(database.uri) as proxy:
        graph = Graph(replace(database, uri=proxy.uri))
        await graph.read("schema_indexes")
        proxy.latency = 30
        async with asyncio.timeout(20):
            await Rehearsal(graph, ResolutionLimits(), timeout=0.5).run()
        await graph.close()


async def test_the_graph_is_not_ready_until_the_write_was_rehearsed(graph):
    is_rehearsed, is_rehearsing = asyncio.Event(), asyncio.Event()

    async def rehearse():
        is_rehearsing.set()
        await is_rehearsed.wait()

    readiness = Readiness(graph, Migrator(graph, definitions.load()), rehearse=rehearse)
    watch = asyncio.create_task(readiness.watch())
    await is_rehearsing.wait()
    assert not readiness.is_ready

    is_rehearsed.set()

    assert await until(lambda: readiness.is_ready, 60)
    watch.cancel()
