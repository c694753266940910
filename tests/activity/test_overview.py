"""The statistics in the graph: the counts of all processes, by minute, day and name."""

import asyncio
import itertools
import time

import pytest

from app.activity.overview import OverviewReader
from app.activity.recorder import ActivityRecorder
from app.domain import ids
from app.errors import RateLimited, ServiceError
from app.ingest.observer import ObservedRequest, Sender
from app.ingest.results import EventResult, IngestResult
from app.ingest.writer import RowResult

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("address")]  # which has the schema

DAY = 86_400
# In the future, where no retention deletes them, and others after each start of the tests.
_days = itertools.count(30_000 + time.time_ns() // 1000 % 1_000_000, 100)


@pytest.fixture
def noon():
    """The noon of a day for no other test."""
    return next(_days) * DAY + DAY // 2


@pytest.fixture
def overview(graph, noon):
    async def read(later=30.0):
        return await OverviewReader(graph).read(noon + later)

    return read


def stored(at, *names, resolved="new", is_replay=False):
    rows = [{"event": name} for name in names]
    written = [RowResult("cus_x", resolved, is_replay, set(), set()) for _ in names]
    results: list[EventResult | ServiceError] = [EventResult("e", "c", "new") for _ in names]
    outcomes = {("replayed" if is_replay else "stored", resolved): len(names)}
    result = IngestResult(results, is_replay, len(names), outcomes, rows, written)
    return ObservedRequest(Sender("http"), at, result=result)


async def test_events_count_in_their_minute_and_their_day(graph, overview, noon):
    recorder = ActivityRecorder(graph)
    recorder.observe(stored(noon - 61, "a", "b"))
    recorder.observe(stored(noon + 1, "a", resolved="email"))
    await recorder.write()

    read = await overview()

    assert [(m.stored, m.new_customers) for m in read.minutes[-3:]] == [(2, 2), (0, 0), (1, 0)]
    assert (read.days[-1].stored, read.days[-1].new_customers) == (3, 2)
    assert read.days[-1].events == {"a": 2, "b": 1}


async def test_a_replayed_event_does_not_count(graph, overview, noon):
    recorder = ActivityRecorder(graph)
    recorder.observe(stored(noon, "a", is_replay=True))
    await recorder.write()

    assert (await overview()).days[-1].stored == 0


async def test_rejected_events_count(graph, overview, noon):
    recorder = ActivityRecorder(graph)
    recorder.observe(ObservedRequest(Sender("http"), noon, error=RateLimited(1, 1)))
    await recorder.write()

    assert (await overview()).minutes[-1].rejected == 1


async def test_processes_add_up(graph, overview, noon):
    first = ActivityRecorder(graph)
    first.observe(stored(noon, "a"))
    await first.write()  # creates the bucket
    recorders = [ActivityRecorder(graph) for _ in range(4)]
    for number, recorder in enumerate(recorders):
        for _ in range(5):
            recorder.observe(stored(noon, "a", f"own {number}"))

    await asyncio.gather(*(recorder.write() for recorder in recorders))

    (day,) = (await overview()).days[-1:]
    assert day.stored == 41
    assert day.events == {"a": 21} | {f"own {number}": 5 for number in range(4)}


async def test_a_bucket_has_the_most_frequent_names(graph, overview, noon):
    recorder = ActivityRecorder(graph)
    for _ in range(2):
        recorder.observe(stored(noon, *(f"rare {n}" for n in range(60)), *["often"] * 3))
        await recorder.write()

    (day,) = (await overview()).days[-1:]

    assert len(day.events) == 50
    assert day.events["often"] == 6
    assert day.stored == 126


async def test_an_hour_without_neo4j_is_bounded(graph, overview, noon):
    recorder = ActivityRecorder(graph)
    for minute in range(100):
        recorder.observe(stored(noon - minute * 60, "a"))
    await recorder.write()

    read = await overview()

    assert read.days[-1].stored == 100
    assert sum(minute.stored for minute in read.minutes) == 60


async def test_nothing_to_write_writes_nothing(graph, cypher):
    recorder = ActivityRecorder(graph)
    await recorder.write()

    assert not cypher("MATCH (w:ActivityWriter {id: $id}) RETURN w", id=recorder._writer)


async def test_the_end_of_the_service_writes_the_rest(graph, overview, noon):
    recorder = ActivityRecorder(graph)
    running = asyncio.create_task(recorder.run())
    await asyncio.sleep(0)
    recorder.observe(stored(noon, "a"))
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)

    assert (await overview()).days[-1].stored == 1


async def test_old_counts_and_groups_are_deleted(graph, cypher, unique):
    at = 1_000_000_000 + int(unique[:5], 16) * DAY % 500_000_000  # in the past
    recorder = ActivityRecorder(graph)
    recorder.observe(stored(at, "a"))
    recorder.observe(ObservedRequest(Sender("http", f"key_{unique}"), at, error=RateLimited(1, 1)))
    await recorder.write()
    old = f"{ids.activity_writer_id_at(1)}{unique}"
    cypher("CREATE (:ActivityWriter {id: $id, seenAt: datetime('2001-01-01T00:00:00Z')})", id=old)

    await recorder.forget()

    groups = "MATCH (g:RejectionGroup {apiKey: $key}) WHERE g.count > 0 RETURN g"
    assert (await OverviewReader(graph).read(at)).is_empty
    assert not cypher(groups, key=f"key_{unique}")
    assert not cypher("MATCH (w:ActivityWriter {id: $id}) RETURN w", id=old)


@pytest.mark.alone  # it deletes the samples of other tests too
async def test_samples_are_deleted_once_they_are_turned_off(graph, cypher, unique):
    at = 1_900_000_000
    request = ObservedRequest(
        Sender("http", f"key_{unique}"), at, raw=b'{"a"', error=RateLimited(1, 1)
    )
    recorder = ActivityRecorder(graph)
    recorder.observe(request)
    await recorder.write()

    await ActivityRecorder(graph, has_samples=False).forget()

    (row,) = cypher(
        "MATCH (g:RejectionGroup {apiKey: $k, code: 'rate_limited'}) RETURN g.sample AS sample",
        k=f"key_{unique}",
    )
    assert row["sample"] is None


@pytest.mark.alone  # other tests have conflicts too
async def test_open_conflicts_are_counted_to_a_bound(graph, ingest, unique):
    before = await OverviewReader(graph).open_conflicts()
    ingest(email=f"{unique}@acme.com")
    ingest(externalId=unique)
    ingest(email=f"{unique}@acme.com", externalId=unique)

    after = await OverviewReader(graph).open_conflicts()

    assert after.has_more or after.count == before.count + 1
