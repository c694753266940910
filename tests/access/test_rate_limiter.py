import pytest

from app.access.memory_window import MemoryWindow
from app.access.rate_limiter import RateLimiter
from app.errors import PayloadTooLarge, RateLimited

pytestmark = pytest.mark.anyio


class Clock:
    """A clock that a test advances."""

    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


async def test_events_up_to_the_limit_pass():
    limiter = RateLimiter(10)

    for events in (4, 5, 1):
        await limiter.consume("key_1", events)


async def test_one_event_above_the_limit_is_rejected():
    limiter = RateLimiter(10)
    await limiter.consume("key_1", 10)

    with pytest.raises(RateLimited):
        await limiter.consume("key_1", 1)


async def test_a_rejected_batch_costs_nothing():
    limiter = RateLimiter(10)
    await limiter.consume("key_1", 9)
    with pytest.raises(RateLimited):
        await limiter.consume("key_1", 2)

    await limiter.consume("key_1", 1)


async def test_each_key_has_its_own_limit():
    limiter = RateLimiter(10)
    await limiter.consume("key_1", 10)

    await limiter.consume("key_2", 10)


async def test_a_batch_above_the_limit_never_passes():
    with pytest.raises(PayloadTooLarge):
        await RateLimiter(10).consume("key_1", 11)


@pytest.mark.parametrize("elapsed", [0.0, 0.4, 30.0, 59.999])
async def test_a_retry_after_the_returned_wait_passes(clock, elapsed):
    limiter = RateLimiter(10, memory=MemoryWindow(10, clock))
    await limiter.consume("key_1", 1)
    clock.now += elapsed
    with pytest.raises(RateLimited) as raised:
        await limiter.consume("key_1", 10)

    clock.now += raised.value.retry_after or 0

    await limiter.consume("key_1", 10)


async def test_a_minute_begins_with_the_first_event_of_a_key(clock):
    limiter = RateLimiter(10, memory=MemoryWindow(10, clock))
    await limiter.consume("key_1", 1)
    clock.now += 59
    await limiter.consume("key_1", 9)
    with pytest.raises(RateLimited):
        await limiter.consume("key_1", 1)

    clock.now += 1

    await limiter.consume("key_1", 10)


async def test_the_wait_is_a_minute_at_most():
    limiter = RateLimiter(1)
    await limiter.consume("key_1", 1)

    with pytest.raises(RateLimited) as raised:
        await limiter.consume("key_1", 1)

    assert 1 <= (raised.value.retry_after or 0) <= 60


def test_ended_windows_are_dropped(clock):
    window = MemoryWindow(10, clock)
    for number in range(100):
        window.consume(f"key_{number}", 1)

    clock.now += 60
    window.consume("key_100", 1)

    assert window.size == 1
