"""A network between the service and its database that cuts, delays, resets and swallows."""

import asyncio
import time

import pytest

from app.graph.graph import CALL_TIMEOUT_SECONDS
from tests.support.faults.proxy import BoltProxy, Moment
from tests.support.faults.waiting import until

pytestmark = pytest.mark.anyio

MEGABYTE = 1024 * 1024


@pytest.fixture(scope="module")
async def proxy(database):
    async with BoltProxy(database.uri) as proxy:
        yield proxy


@pytest.fixture(scope="module")
async def behind(proxy, service):
    """A service that reaches its database through the proxy."""
    it = service(NEO4J_URI=proxy.uri)
    await it.start()
    return it


@pytest.mark.parametrize("moment", Moment, ids=lambda moment: moment.name.lower())
async def test_a_write_whose_connection_is_cut_is_repeated_and_written_once(
    scenario, amounts, proxy, behind, moment
):
    async with scenario.senders(behind, pause=0.02):
        proxy.cut(moment, every=5)
        await until(lambda: proxy.cuts >= amounts.cuts, 120)
        proxy.cut(None)
    scenario.faults = proxy.cuts
    assert {response.status for response in scenario.ledger.responses} == {200}
    scenario.judge(behind)


async def test_a_database_that_takes_5_seconds_to_respond_is_waited_for_or_a_503_with_retry_after(
    scenario, amounts, proxy, behind
):
    async with scenario.senders(behind) as senders:
        await senders.acknowledged(50)
        proxy.latency = 5
        await asyncio.sleep(5 + amounts.seconds)
        proxy.latency = 0
        scenario.recoveries.append(await senders.recovered(time.monotonic()))
        scenario.faults += 1
    assert {response.status for response in scenario.ledger.responses} <= {200, 503}
    assert scenario.ledger.slowest() >= 5
    scenario.judge(behind)


async def test_a_database_that_responds_after_the_deadline_is_a_503_with_retry_after(
    scenario, amounts, proxy, behind
):
    async with scenario.senders(behind) as senders:
        await senders.acknowledged(50)
        proxy.latency = CALL_TIMEOUT_SECONDS + 5
        began = time.monotonic()
        await asyncio.sleep(CALL_TIMEOUT_SECONDS + amounts.seconds)
        ended = time.monotonic()
        proxy.latency = 0
        scenario.recoveries.append(await senders.recovered(time.monotonic()))
        scenario.faults += 1
    slow = {
        response.status for response in scenario.ledger.responses if began + 1 < response.at < ended
    }
    assert slow == {503}
    scenario.judge(behind)


async def test_connections_that_are_reset_again_and_again_lose_and_double_nothing(
    scenario, amounts, proxy, behind
):
    async with scenario.senders(behind) as senders:
        end = time.monotonic() + amounts.seconds
        while time.monotonic() < end:
            await asyncio.sleep(scenario.rng.uniform(0.05, 0.5))
            await proxy.reset()
            scenario.faults += 1
        scenario.recoveries.append(await senders.recovered(time.monotonic()))
    scenario.judge(behind)


async def test_a_network_that_drops_everything_is_a_503_with_retry_after_until_it_recovers(
    scenario, amounts, proxy, behind
):
    async with scenario.senders(behind) as senders:
        for _ in range(max(1, int(amounts.seconds // 5))):
            await senders.acknowledged(50)
            proxy.is_silent = True
            await asyncio.sleep(CALL_TIMEOUT_SECONDS + scenario.rng.uniform(1, 1 + amounts.seconds))
            proxy.is_silent = False
            scenario.recoveries.append(await senders.recovered(time.monotonic()))
            scenario.faults += 1
    assert 503 in {response.status for response in scenario.ledger.responses}
    scenario.judge(behind)


async def test_a_network_that_swallows_everything_for_3_seconds_is_waited_for(
    scenario, amounts, proxy, behind
):
    async with scenario.senders(behind) as senders:
        for _ in range(max(1, int(amounts.seconds // 5))):
            await senders.acknowledged(50)
            proxy.is_silent = True
            await asyncio.sleep(3)
            proxy.is_silent = False
            scenario.recoveries.append(await senders.recovered(time.monotonic()))
            scenario.faults += 1
    scenario.judge(behind)


async def test_memory_stays_flat_while_the_database_is_unavailable(
    scenario, amounts, proxy, behind
):
    async with scenario.senders(behind, count=100, pause=0.2, is_patient=False) as senders:
        await senders.acknowledged(1000)
        await proxy.close()
        readings = await _memory(behind, amounts.outage)
        await proxy.open()
        scenario.recoveries.append(await senders.recovered(time.monotonic()))
        scenario.faults += 1
    third = len(readings) // 3
    growth = max(readings[-third:]) - max(readings[:third])
    assert growth < 8 * MEGABYTE, readings
    scenario.judge(behind)


async def _memory(service, seconds):
    end = time.monotonic() + seconds
    readings = []
    while time.monotonic() < end:
        readings.append(service.memory)
        await asyncio.sleep(0.2)
    return readings
