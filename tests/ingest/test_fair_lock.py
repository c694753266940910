"""The fair lock: who holds it, and in which order."""

import asyncio

import pytest

from app.ingest.fair_lock import FairLock

pytestmark = pytest.mark.anyio


class Work:
    """Work that notes when it begins, and how many pieces of it run at once."""

    def __init__(self):
        self.lock = FairLock()
        self.began = []
        self.running = self.most = 0

    def start(self, flow, name, cost=1):
        return asyncio.create_task(self._run(flow, name, cost))

    async def _run(self, flow, name, cost):
        async with self.lock.held(flow, cost):
            self.began.append(name)
            self.running += 1
            self.most = max(self.most, self.running)
            await asyncio.sleep(0)
            self.running -= 1


@pytest.fixture
async def work():
    return Work()


async def test_one_piece_of_work_runs_at_a_time(work):
    await asyncio.gather(*(work.start("flow", number) for number in range(10)))

    assert work.began == list(range(10))
    assert work.most == 1


async def test_flows_take_turns(work):
    flood = [work.start("flood", f"flood {number}", 100) for number in range(3)]
    await asyncio.sleep(0)
    other = work.start("other", "other")
    await asyncio.gather(*flood, other)

    assert work.began.index("other") < work.began.index("flood 2")


async def test_a_cancelled_waiter_delays_no_other(work):
    first = work.start("flow", "first")
    await asyncio.sleep(0)
    waiting = work.start("flow", "waiting")
    await asyncio.sleep(0)
    waiting.cancel()
    last = work.start("flow", "last")
    await asyncio.gather(first, last)

    assert work.began == ["first", "last"]


async def test_a_waiter_cancelled_in_its_turn_passes_it_on(work):
    first = work.start("flow", "first")
    await asyncio.sleep(0)
    second, third = work.start("flow", "second"), work.start("flow", "third")
    await first
    second.cancel()
    await asyncio.gather(second, third, return_exceptions=True)

    assert "third" in work.began


async def test_an_error_of_its_holder_frees_it(work):
    with pytest.raises(ValueError, match="wrong"):
        async with work.lock.held("flow", 1):
            raise ValueError("wrong")

    await work.start("flow", "next")
    assert work.began == ["next"]
