"""Overload in an open loop: the rejected and the stored events, and latencies."""

import asyncio
import uuid
from dataclasses import dataclass

import msgspec
import pytest

from bench.http_connection import request
from bench.senders import ClosedLoop, OpenLoop, Responses
from tests.support.faults.waiting import until

pytestmark = pytest.mark.anyio

BATCH = 100
SENDERS = 16
MULTIPLE = 5  # of the capacity
FEW = 20  # requests a second
PEOPLE = 5_000
MEGABYTE = 1024 * 1024


@dataclass(frozen=True)
class Overload:
    """The results of an overload, and of an API key with few requests at the same time."""

    run: str
    flood: Responses
    few: Responses
    growth: int  # bytes of memory, from the middle of the overload to its end
    after: Responses  # of senders that wait, when it is over


@pytest.fixture(scope="module")
async def overloaded(service):
    """A service that has been loaded for a while, so that its rate is measured."""
    it = service()
    await it.start()
    await ClosedLoop(it.address).send(_batches(it, "warm"), SENDERS, 4)
    return it


@pytest.fixture(scope="session")
def other_key(make_key):
    """An API key of another caller."""
    return make_key("events:write")


@pytest.fixture(scope="module")
async def overload(overloaded, amounts, other_key):
    """An overload of the service, which takes twice `amounts.seconds`."""
    run, rate = uuid.uuid4().hex, MULTIPLE * await _capacity(overloaded)
    flood, few = OpenLoop(overloaded.address, seed=1), OpenLoop(overloaded.address, seed=2)
    requests = _batches(overloaded, run)

    async def twice():
        first = await flood.send(requests, rate, amounts.seconds)
        memory = overloaded.memory
        second = await flood.send(requests, rate, amounts.seconds)
        return Responses(first.all + second.all), overloaded.memory - memory

    (flooded, growth), served = await asyncio.gather(
        twice(),
        few.send(_batches(overloaded, "few", 1, other_key), FEW, 2 * amounts.seconds),
    )
    after = await ClosedLoop(overloaded.address).send(_batches(overloaded, "after"), 4, 1)
    return Overload(run, flooded, served, growth, after)


async def test_every_request_of_an_overload_is_accepted_or_rejected(overload):
    assert set(overload.flood.statuses) == {200, 503}


async def test_in_an_overload_accepted_events_are_stored_once_and_no_others(overload, overloaded):
    assert _stored(overloaded, overload.run) == overload.flood.statuses[200] * BATCH


async def test_a_rejected_request_has_retry_after(overload):
    waits = {response.retry_after for response in overload.flood.all if response.status == 503}

    assert all(wait and 1 <= wait <= 10 for wait in waits)


async def test_a_rejected_request_does_not_wait_for_those_that_are_accepted(overload):
    assert overload.flood.percentile(503, 50) < overload.flood.percentile(200, 50) / 2


async def test_memory_stays_flat_in_an_overload(overload):
    assert overload.growth < 16 * MEGABYTE


async def test_a_key_with_few_requests_is_accepted_while_another_floods(overload):
    assert set(overload.few.statuses) == {200}


async def test_a_key_with_few_requests_waits_less_than_one_that_floods(overload):
    assert overload.few.percentile(200, 90) < overload.flood.percentile(200, 50)


async def test_after_an_overload_every_request_is_accepted_again(overload):
    assert set(overload.after.statuses) == {200}


async def test_two_keys_that_flood_get_equal_shares(overloaded, amounts, other_key):
    rate = 2 * await _capacity(overloaded)
    one, two = OpenLoop(overloaded.address, seed=1), OpenLoop(overloaded.address, seed=2)

    responses = await asyncio.gather(
        one.send(_batches(overloaded, "one"), rate, amounts.seconds),
        two.send(_batches(overloaded, "two", BATCH, other_key), 2 * rate, amounts.seconds),
    )

    fewer, more = sorted(outcome.statuses[200] for outcome in responses)
    assert more < 1.5 * fewer


async def test_an_import_does_not_starve_a_key_with_few_requests(
    overloaded, amounts, tmp_path, cli, unique
):
    file = tmp_path / "events.jsonl"
    events = [_event(unique, number) for number in range(20_000)]
    file.write_bytes(b"\n".join(map(msgspec.json.encode, events)))
    importing = asyncio.create_task(asyncio.to_thread(cli, "import", str(file)))
    await until(lambda: _stored(overloaded, unique), 60)

    beside = await OpenLoop(overloaded.address).send(
        _batches(overloaded, "beside", 1), FEW, amounts.seconds
    )

    assert (await importing).returncode == 0
    assert set(beside.statuses) == {200}


def _batches(service, run, size=BATCH, api_key=None):
    """Requests of a run, each with `size` events."""
    bodies = [
        {"events": [_event(run, number * size + event) for event in range(size)]}
        for number in range(100)
    ]
    key = api_key or service.api_key
    return [request(service.address, key, msgspec.json.encode(body)) for body in bodies]


def _event(run, number):
    email = f"overload-{number % PEOPLE}@x.example"
    return {"event": "page_viewed", "email": email, "properties": {"run": run}}


async def _capacity(service):
    """The requests a second that senders reach who wait for each response."""
    began = asyncio.get_running_loop().time()
    responses = await ClosedLoop(service.address).send(_batches(service, "capacity"), SENDERS, 3)
    return responses.rate(200, began, 3)


def _stored(service, run):
    """How many events of a run are stored."""
    query = "MATCH (t:Touchpoint) WHERE t.run = $run RETURN count(t) AS events"
    return service.cypher(query, run=run)[0]["events"]
