"""Processes that are killed and stopped under load, and started again."""

import asyncio
import time

import pytest

from tests.support.faults.waiting import until

pytestmark = pytest.mark.anyio

MORE = 50  # acknowledged events between two faults, so that each hits a load


async def test_a_service_that_is_killed_loses_and_doubles_nothing(scenario, amounts, service):
    it = service()
    await it.start()
    async with scenario.senders(it) as senders:
        for _ in range(amounts.service_kills):
            await _approach(scenario, senders)
            await it.kill()
            await it.start()
            scenario.recoveries.append(await senders.recovered(time.monotonic()))
    scenario.judge(it)


async def test_a_worker_that_is_killed_loses_and_doubles_nothing(scenario, amounts, service):
    it = service(WAYPATH_WORKERS="2")
    await it.start()
    async with scenario.senders(it) as senders:
        for _ in range(amounts.worker_kills):
            await _approach(scenario, senders)
            before = it.workers
            scenario.rng.choice(before).kill()
            scenario.recoveries.append(await senders.recovered(time.monotonic()))
            await until(lambda before=before: _are_whole_again(it, before), 60)
    scenario.judge(it)


async def test_a_service_that_is_stopped_under_load_exits_with_0_and_loses_nothing(
    scenario, amounts, service
):
    its = [service(), service(WAYPATH_WORKERS="2")]
    await asyncio.gather(*(it.start() for it in its))
    async with scenario.senders(*its, pause=0.02) as senders:
        for it in its * amounts.stops:
            await _approach(scenario, senders)
            assert await it.terminate() == 0
            await it.start()
    scenario.judge(*its)


async def test_a_service_that_is_killed_with_its_embedded_neo4j_loses_and_doubles_nothing(
    scenario, amounts, embedded_service
):
    it = embedded_service
    await it.start()
    async with scenario.senders(it) as senders:
        for _ in range(amounts.embedded_kills):
            await _approach(scenario, senders)
            await it.kill()
            await it.start()
            scenario.recoveries.append(await senders.recovered(time.monotonic()))
    scenario.judge(it)


async def test_an_embedded_neo4j_that_is_killed_comes_back_by_itself_with_everything(
    scenario, amounts, embedded_service
):
    it = embedded_service
    if not it.is_up:
        await it.start()
    async with scenario.senders(it) as senders:
        for _ in range(amounts.neo4j_kills):
            await _approach(scenario, senders)
            it.kill_neo4j()
            back = await it.neo4j_back()
            scenario.recoveries.append(await senders.recovered(back))
    scenario.judge(it)


async def _approach(scenario, senders):
    """Waits for some load, and then for a random time."""
    await senders.acknowledged(MORE)
    await asyncio.sleep(scenario.rng.uniform(0, 0.5))
    scenario.faults += 1


def _are_whole_again(service, before):
    return len(service.workers) == len(before) and service.workers != before
