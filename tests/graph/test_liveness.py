"""The limits of a statement: slow ones continue, lost ones are repeated, late ones are stopped."""

import asyncio

import pytest
from msgspec.structs import replace

from app.errors import DatabaseTimeout
from app.graph.graph import Graph
from app.graph.statements import Statement
from app.observability.metrics import Metrics
from tests.support.faults.proxy import BoltProxy
from tests.support.faults.waiting import until
from tests.support.forwarder import Forwarder
from tests.support.metrics import parse, value

pytestmark = pytest.mark.anyio

WAIT = 3.0  # seconds for which a statement waits, or its connection is silent
CLAIM = Statement(
    "claim",
    "MERGE (i:Identifier {kind: 'email', value: $value}) RETURN i.value",
    frozenset({"value"}),
)


@pytest.fixture(autouse=True)
def schema(api_key):
    """The constraints are in place, as they are to make a key."""


@pytest.fixture
def metrics():
    return Metrics()


@pytest.fixture
async def slow(database, metrics):
    """A graph whose calls may last for twice as long as its statements wait."""
    graph = Graph(database, 2 * WAIT - 1, metrics)
    yield graph
    await graph.close()


@pytest.fixture
def retries(metrics):
    def count():
        series = parse(metrics.render().decode())
        reasons = ("connection", "deadlock", "race", "transient")
        return sum(value(series, "statement_retries_total", reason=reason) for reason in reasons)

    return count


@pytest.fixture
def running(cypher, unique):
    """The transactions in the database that claim the word of the test."""

    def find():
        return cypher(
            "SHOW TRANSACTIONS YIELD transactionId AS id, parameters "
            "WHERE parameters.value = $unique RETURN id",
            unique=unique,
        )

    return find


async def claimed(graph, unique, seconds=None):
    return await graph.run_admin(CLAIM, seconds, value=unique)


async def test_a_statement_that_takes_over_half_of_the_deadline_is_run_once(
    slow, hold, held, unique, retries
):
    hold("email", unique)
    waiting = asyncio.create_task(claimed(slow, unique))
    await asyncio.sleep(WAIT)
    held.rollback()

    assert await waiting == [{"i.value": unique}]
    assert retries() == 0


async def test_a_statement_that_is_given_up_ends_no_other_call(slow, hold, held, unique, retries):
    hold("email", unique)
    first = asyncio.create_task(claimed(slow, unique, 1))
    other = asyncio.create_task(claimed(slow, unique))
    with pytest.raises(DatabaseTimeout):
        await first
    held.rollback()

    assert await other == [{"i.value": unique}]
    assert retries() == 0


async def test_a_statement_that_is_given_up_is_stopped_in_the_database(slow, hold, running, unique):
    hold("email", unique)
    assert not running()  # planned now, it sees the statement before that is given up
    call = asyncio.create_task(claimed(slow, unique, WAIT))
    await until(lambda: asyncio.to_thread(running), 30)
    with pytest.raises(DatabaseTimeout):
        await call

    async def is_stopped():
        return not await asyncio.to_thread(running)

    assert await until(is_stopped, 10)


async def test_a_statement_whose_transaction_an_operator_ends_is_repeated(
    slow, hold, held, running, cypher, unique, retries
):
    hold("email", unique)
    call = asyncio.create_task(claimed(slow, unique))
    (row,) = await until(lambda: asyncio.to_thread(running), 30)
    await asyncio.to_thread(cypher, "TERMINATE TRANSACTION $id", id=row["id"])
    await until(lambda: retries() == 1, 30)
    held.rollback()

    assert await call == [{"i.value": unique}]


async def test_a_transaction_carries_the_remaining_time_as_its_timeout(database, unique):
    with Forwarder(database.uri) as forwarder:
        graph = Graph(replace(database, uri=forwarder.uri))
        await claimed(graph, unique, 7)
        await graph.close()

    after = bytes(forwarder.heard).split(b"tx_timeout")[1]
    assert after[0] == 0xC9  # a 16-bit integer in PackStream
    assert 6000 < int.from_bytes(after[1:3]) <= 7000


async def test_a_statement_whose_connection_is_lost_is_repeated_on_another(
    database, metrics, unique, retries
):
    async with BoltProxy(database.uri) as proxy:
        graph = Graph(replace(database, uri=proxy.uri), 30, metrics)
        await claimed(graph, unique)
        proxy.is_silent = True
        call = asyncio.create_task(claimed(graph, unique))
        await asyncio.sleep(WAIT)
        proxy.is_silent = False

        assert await call == [{"i.value": unique}]
        assert retries() == 1
        await graph.close()


async def test_a_lost_connection_ends_no_other_call(database, metrics, hold, held, unique, retries):
    hold("email", unique)
    async with BoltProxy(database.uri) as proxy:
        graph = Graph(replace(database, uri=proxy.uri), 30, metrics)
        await claimed(graph, f"{unique}-before")
        waiting = asyncio.create_task(claimed(graph, unique))
        await asyncio.sleep(0.5)
        # Only what the first connection still carries reaches the database.
        lost = await _call_on_a_silent_connection(graph, proxy, f"{unique}-lost")
        assert await lost == [{"i.value": f"{unique}-lost"}]
        held.rollback()

        assert await waiting == [{"i.value": unique}]
        assert retries() == 1
        await graph.close()


async def _call_on_a_silent_connection(graph, proxy, unique):
    """A call whose connection swallows it, while older connections are not touched."""
    proxy.is_silent = True
    call = asyncio.create_task(claimed(graph, unique))
    await asyncio.sleep(0.5)
    proxy.is_silent = False
    return call
