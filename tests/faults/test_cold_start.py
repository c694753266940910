"""A service right after its first start: on an empty database, and on a busy host."""

import asyncio
import os
import subprocess
import sys

import pytest

from tests.support.faults.service import Service
from tests.support.faults.traffic import Traffic

pytestmark = pytest.mark.anyio

BATCHES, SIZE, CALLERS = 16, 500, 4
BUSY = 120  # seconds after which a busy process ends by itself
COMPUTE = f"""
import time
end = time.monotonic() + {BUSY}
while time.monotonic() < end:
    pass
"""


@pytest.fixture
def busy_cores():
    """One process for each core that computes all the time."""
    processes = []
    try:
        for _ in range(os.cpu_count() or 1):
            processes.append(subprocess.Popen([sys.executable, "-c", COMPUTE]))
        yield
    finally:
        for process in processes:
            process.kill()
            process.wait()


@pytest.fixture
def fresh_service(tmp_path):
    """A service on an embedded Neo4j of its own that has no data yet."""
    service = Service(tmp_path)
    yield service
    service.end()


@pytest.mark.usefixtures("busy_cores")
async def test_the_first_batches_on_a_fresh_database_all_succeed_on_busy_cores(
    scenario, fresh_service
):
    it = fresh_service
    await it.start()
    traffic = Traffic(scenario.ledger.run, "first", scenario.rng)
    batches = [traffic.new_people(number * SIZE, SIZE) for number in range(BATCHES)]
    async with scenario.senders(it, count=0) as senders:
        await asyncio.gather(*(_send(senders, batches, scenario.rng) for _ in range(CALLERS)))
    responses = [
        (response.status, round(response.seconds, 1)) for response in scenario.ledger.responses
    ]
    assert [status for status, _ in responses] == [200] * BATCHES, responses
    scenario.judge(it)


async def _send(senders, batches, rng):
    while batches:
        await senders.post(batches.pop(0), rng)
