import time

import pytest

from app.errors import PayloadTooLarge, RateLimited
from app.limiter import Limiter

pytestmark = pytest.mark.anyio


async def test_events_up_to_the_limit_pass():
    limiter = Limiter(10)

    for events in (4, 5, 1):
        await limiter.spend("key_1", events)


async def test_one_event_more_is_refused():
    limiter = Limiter(10)
    await limiter.spend("key_1", 10)

    with pytest.raises(RateLimited):
        await limiter.spend("key_1", 1)


async def test_a_refused_batch_costs_nothing():
    limiter = Limiter(10)
    await limiter.spend("key_1", 9)
    with pytest.raises(RateLimited):
        await limiter.spend("key_1", 2)

    await limiter.spend("key_1", 1)


async def test_each_key_has_its_own_limit():
    limiter = Limiter(10)
    await limiter.spend("key_1", 10)

    await limiter.spend("key_2", 10)


async def test_a_batch_beyond_the_limit_itself_can_never_pass():
    with pytest.raises(PayloadTooLarge):
        await Limiter(10).spend("key_1", 11)


async def test_waiting_as_long_as_told_is_enough(monkeypatch):
    limiter = Limiter(10)
    await limiter.spend("key_1", 1)
    with pytest.raises(RateLimited) as refusal:
        await limiter.spend("key_1", 10)
    later = time.time() + (refusal.value.retry_after or 0)
    monkeypatch.setattr(time, "time", lambda: later)

    await limiter.spend("key_1", 10)


async def test_the_wait_is_a_minute_at_most():
    limiter = Limiter(1)
    await limiter.spend("key_1", 1)

    with pytest.raises(RateLimited) as refusal:
        await limiter.spend("key_1", 1)

    assert 1 <= (refusal.value.retry_after or 0) <= 60
