"""Many callers at once: on several services, above the size of every pool, some disconnecting."""

import asyncio
import time

import httpx2
import pytest

from tests.support.faults.proxy import BoltProxy
from tests.support.faults.traffic import Traffic

pytestmark = pytest.mark.anyio


async def test_two_services_with_two_workers_each_write_the_same_customers(
    scenario, amounts, service
):
    both = [service(WAYPATH_WORKERS="2"), service(WAYPATH_WORKERS="2")]
    await asyncio.gather(*(instance.start() for instance in both))
    async with scenario.senders(*both, count=48, pause=0.02) as senders:
        await senders.acknowledged(max(1500, amounts.goal // 4), seconds=240)
    scenario.judge(*both)


async def test_500_clients_at_once_all_get_a_response(scenario, amounts, service, database):
    async with BoltProxy(database.uri) as proxy:
        it = service(NEO4J_URI=proxy.uri)
        await it.start()
        async with scenario.senders(it, count=amounts.clients, pause=2) as senders:
            await senders.acknowledged(1500)
            proxy.is_silent = True
            await asyncio.sleep(amounts.seconds)
            proxy.is_silent = False
            scenario.recoveries.append(await senders.recovered(time.monotonic()))
            scenario.faults += 1
        scenario.judge(it)


async def test_a_batch_of_a_client_that_disconnected_is_stored_whole_or_absent(
    scenario, amounts, service
):
    it = service()
    await it.start()
    traffic = Traffic(scenario.ledger.run, "hasty", scenario.rng)
    async with scenario.senders(it, count=8) as senders:
        for _ in range(amounts.hang_ups):
            message = traffic.message()
            is_whole = await _hang_up(scenario, it, message)
            if message.is_repeatable and scenario.rng.random() < 0.5:
                await senders.insist(message, scenario.rng)
            elif not is_whole:
                scenario.ledger.withhold(message)
    scenario.judge(it)


async def _hang_up(scenario, service, message):
    """Sends a message or a part of it, without reading the response; returns whether it was all."""
    ledger, rng = scenario.ledger, scenario.rng
    ledger.send(message)
    ledger.give_up(message)
    raw = _raw(message, service.api_key)
    is_whole = rng.random() < 0.8
    if not is_whole:
        raw = raw[: rng.randrange(len(raw))]
    host, port = service.address.removeprefix("http://").split(":")
    _, writer = await asyncio.open_connection(host, int(port))
    writer.write(raw)
    await writer.drain()
    await asyncio.sleep(rng.uniform(0, 0.03))
    writer.transport.abort()
    scenario.faults += 1
    return is_whole


def _raw(message, api_key):
    body = httpx2.Request("POST", "http://x", json=message.body).content  # the same, byte for byte
    head = [
        "POST /v1/events HTTP/1.1",
        "Host: localhost",
        f"X-API-Key: {api_key}",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
    ]
    if message.key:
        head.append(f"Idempotency-Key: {message.key}")
    return "\r\n".join([*head, "", ""]).encode() + body
