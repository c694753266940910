"""The rate limit of several processes on a real Redis, and what becomes of it without one."""

import asyncio
import contextlib
import re
import time

import pytest
import trustme
from structlog.testing import capture_logs

from app.access.memory_window import MemoryWindow
from app.access.rate_limiter import PROBE_INTERVAL_SECONDS, RateLimiter
from app.access.redis_window import KEY_PREFIX, RateLimitStorageUnavailable, RedisWindow
from app.errors import RateLimited
from app.observability.metrics import Metrics
from tests.support.checkout import CHECKOUT
from tests.support.metrics import parse, value

pytestmark = pytest.mark.anyio
pytest_plugins = ["tests.support.redis_server"]

PATIENT = "?socket_timeout=30"  # on a busy host a reply may take its time


@pytest.fixture
async def limiters():
    """Makes limiters, each as a process of its own has it."""
    async with contextlib.AsyncExitStack() as stack:

        def make(url, limit=10, metrics=None, probe_interval=PROBE_INTERVAL_SECONDS, **options):
            redis = RedisWindow(url, limit, **options)
            limiter = RateLimiter(limit, metrics, redis, probe_interval=probe_interval)
            stack.push_async_callback(limiter.close)
            return limiter

        yield make


@pytest.fixture
def several(limiters, shared_redis):
    """Makes some limiters that share a storage."""

    def make(count=2, **options):
        return [limiters(shared_redis.url + PATIENT, **options) for _ in range(count)]

    return make


@contextlib.asynccontextmanager
async def watched(*limiters):
    """Runs what looks whether the storage is back."""
    tasks = [asyncio.create_task(limiter.watch()) for limiter in limiters]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def passes(limiter, key, events=1):
    try:
        await limiter.consume(key, events)
    except RateLimited:
        return False
    return True


def of_the_storage(records):
    """Without those of a service that runs in this process too."""
    return [record for record in records if record["event"].startswith("rate_limit_storage_")]


async def look(url):
    shared = RedisWindow(url, 10)
    try:
        await shared.probe()
    finally:
        await shared.close()


async def until(condition, seconds=60):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come true"
        await asyncio.sleep(0.01)


def is_away(metrics):
    return value(parse(metrics.render().decode()), "rate_limit_storage_up") == 0


async def test_events_admitted_by_one_process_count_for_the_others(several, unique):
    one, other = several()

    assert await passes(one, unique, 6)
    assert await passes(other, unique, 4)
    assert not await passes(one, unique)
    assert not await passes(other, unique)


async def test_each_key_has_its_own_limit(several, unique):
    one, other = several()
    await one.consume(unique, 10)

    assert await passes(other, f"{unique}-2", 10)


async def test_of_many_that_ask_at_once_exactly_as_many_pass_as_may(several, unique):
    limiters = several(4, limit=100)

    passed = await asyncio.gather(
        *(passes(limiter, unique) for limiter in limiters for _ in range(50)),
    )

    assert passed.count(True) == 100


async def test_a_rejected_request_costs_nothing(several, unique):
    one, other = several()
    await one.consume(unique, 8)
    assert not await passes(other, unique, 3)

    assert await passes(other, unique, 2)


@pytest.mark.parametrize("events", [1, 10])
async def test_a_retry_after_the_returned_wait_passes(several, unique, events):
    one, other = several(seconds=0.9)
    await other.consume(f"{unique} other", 1)  # which connects
    await one.consume(unique, 10)
    with pytest.raises(RateLimited) as raised:
        await other.consume(unique, events)

    assert raised.value.retry_after == 1
    await asyncio.sleep(raised.value.retry_after)

    assert await passes(other, unique, events)


async def test_the_wait_is_the_rest_of_a_minute_that_began_with_the_first_event(several, unique):
    one, other = several(limit=1)
    await one.consume(unique, 1)

    with pytest.raises(RateLimited) as raised:
        await other.consume(unique, 1)

    assert 1 <= (raised.value.retry_after or 0) <= 61


async def test_entries_expire_with_their_minute(several, shared_redis, unique):
    (one,) = several(1)
    await one.consume(unique, 3)
    await one.consume(unique, 3)
    await passes(one, unique, 9)

    with shared_redis.client() as client:
        assert client.get(KEY_PREFIX + unique) == "6"
        assert 0 < client.pttl(KEY_PREFIX + unique) <= 60_000


def questions(server):
    with server.client() as client:
        statistics = client.info("commandstats")
    return statistics.get("cmdstat_evalsha", {"calls": 0})["calls"]


async def test_a_call_is_one_question(several, shared_redis, unique):
    (one,) = several(1)
    await one.consume(unique, 1)  # the script is known from now on
    before = questions(shared_redis)

    await one.consume(unique, 1)

    assert questions(shared_redis) == before + 1


async def test_calls_that_come_at_once_share_a_question(several, shared_redis, unique):
    (one,) = several(1, limit=1000)
    await one.consume(unique, 1)
    before = questions(shared_redis)

    await asyncio.gather(*(one.consume(f"{unique}{number % 7}", 1) for number in range(300)))

    assert questions(shared_redis) <= before + 2


async def test_a_caller_that_disconnects_disturbs_no_other(several, unique):
    (one,) = several(1, limit=100)
    calls = [asyncio.create_task(one.consume(unique, 1)) for _ in range(50)]
    await asyncio.sleep(0)
    for call in calls[::2]:
        call.cancel()

    done = await asyncio.gather(*calls, return_exceptions=True)

    assert done[1::2] == [None] * 25


async def test_a_storage_that_is_killed_leaves_each_process_to_count_on(limiters, own_redis):
    one, other = (limiters(own_redis.url + PATIENT) for _ in range(2))
    await one.consume("key_1", 4)
    await other.consume("key_1", 4)
    own_redis.kill()

    # Each continues from its last known count: 4 of the one, 8 of the other.
    assert not await passes(one, "key_1", 7)
    assert await passes(one, "key_1", 6)
    assert not await passes(other, "key_1", 3)
    assert await passes(other, "key_1", 2)


async def test_an_outage_and_its_end_are_logged_once(limiters, own_redis):
    metrics = Metrics()
    one = limiters(own_redis.url + PATIENT, limit=1000, metrics=metrics, probe_interval=0.02)
    async with watched(one):
        await until(lambda: questions(own_redis))
        with capture_logs() as records:
            own_redis.kill()
            await asyncio.gather(*(one.consume("key_1", 1) for _ in range(20)))
            await asyncio.sleep(0.2)  # several looks
            await asyncio.gather(*(one.consume("key_1", 1) for _ in range(20)))
            assert is_away(metrics)
            own_redis.start()
            await until(lambda: not is_away(metrics))

    records = of_the_storage(records)
    events = [(record["event"], record["log_level"]) for record in records]
    assert events == [
        ("rate_limit_storage_unavailable", "warning"),
        ("rate_limit_storage_recovered", "info"),
    ]
    assert str(own_redis.port) in records[0]["error"]


async def test_a_storage_that_is_back_counts_for_all_again(limiters, own_redis):
    all_metrics = [Metrics(), Metrics()]
    one, other = (
        limiters(own_redis.url + PATIENT, metrics=metrics, probe_interval=0.02)
        for metrics in all_metrics
    )
    async with watched(one, other):
        await until(lambda: questions(own_redis) >= 2)
        own_redis.kill()
        assert await passes(one, "key_1")
        assert await passes(other, "key_1")
        own_redis.start()
        await until(lambda: not any(map(is_away, all_metrics)))

        assert await passes(one, "key_1", 5)
        assert await passes(other, "key_1", 5)
        assert not await passes(one, "key_1")


async def test_a_storage_that_does_not_respond_delays_one_request(limiters, own_redis):
    one = limiters(own_redis.url, limit=1000)
    await one.consume("key_1", 1)
    own_redis.freeze()
    began = time.monotonic()

    for _ in range(100):
        assert await passes(one, "key_1")

    # A hundredth of it, but the host may be busy.
    assert time.monotonic() - began < 100 * 0.1 / 2


async def test_a_late_reply_is_not_taken_for_another(limiters, own_redis):
    metrics = Metrics()
    one = limiters(own_redis.url, metrics=metrics, probe_interval=0.02)
    async with watched(one):
        await until(lambda: questions(own_redis))
        await one.consume("key_full", 10)
        own_redis.freeze()
        assert not await passes(one, "key_full")  # its reply is still to come
        own_redis.thaw()
        await until(lambda: not is_away(metrics))

        assert await passes(one, "key_2", 7)
        assert await passes(one, "key_2", 3)
        assert not await passes(one, "key_2")


async def test_a_storage_that_is_not_there_at_the_start_is_done_without(limiters, free_port):
    one = limiters(f"redis://127.0.0.1:{free_port}")
    with capture_logs() as records:
        async with watched(one):
            await until(lambda: of_the_storage(records))

            assert await passes(one, "key_1", 10)
            assert not await passes(one, "key_1")

    events = [record["event"] for record in of_the_storage(records)]
    assert events == ["rate_limit_storage_unavailable"]


async def test_a_storage_that_accepts_no_writes_is_unavailable_until_it_does(limiters, own_redis):
    metrics = Metrics()
    one = limiters(own_redis.url + PATIENT, metrics=metrics, probe_interval=0.02)
    async with watched(one):
        await until(lambda: questions(own_redis))
        with own_redis.client() as client:
            client.config_set("maxmemory", 1)
            assert await passes(one, "key_1")
            await asyncio.sleep(0.2)  # Redis sees the write and replies, but stores nothing
            assert is_away(metrics)

            client.config_set("maxmemory", 0)
            await until(lambda: not is_away(metrics))


async def test_a_password_is_sent_and_never_logged(make_redis):
    server = make_redis(password="only for tests: /@?#")
    where = f"127.0.0.1:{server.port}{PATIENT}"
    url = f"redis://:only%20for%20tests%3A%20%2F%40%3F%23@{where}"
    await look(url)

    for wrong in (url.replace("only", "0nly"), f"redis://{where}"):
        with pytest.raises(RateLimitStorageUnavailable) as raised:
            await look(wrong)

        assert "for tests" not in str(raised.value)
        assert "for%20tests" not in str(raised.value)
        assert raised.value.__cause__ is None
        assert raised.value.__suppress_context__


@pytest.mark.parametrize("scheme", ["redis", "valkey"])
async def test_a_scheme_is_of_redis_or_valkey(shared_redis, scheme):
    url = shared_redis.url.replace("redis", scheme)

    await look(url + PATIENT)


async def test_a_unix_socket_works(shared_redis):
    await look(f"unix://{shared_redis.socket}{PATIENT}")


async def test_tls_is_spoken_and_the_certificate_checked(make_redis, tmp_path, free_port):
    authority = trustme.CA()
    certificate = authority.issue_cert("localhost")
    key, chain, ca = (tmp_path / name for name in ("key.pem", "chain.pem", "ca.pem"))
    certificate.private_key_pem.write_to_path(key)
    certificate.cert_chain_pems[0].write_to_path(chain)
    authority.cert_pem.write_to_path(ca)
    options = ["--tls-cert-file", chain, "--tls-key-file", key, "--tls-auth-clients", "no"]
    make_redis("--tls-port", str(free_port), *options)
    url = f"rediss://localhost:{free_port}{PATIENT}"

    await look(f"{url}&ssl_ca_certs={ca}")
    with pytest.raises(RateLimitStorageUnavailable, match="certificate verify failed"):
        await look(url)


async def test_the_rights_that_the_docs_name_are_enough(own_redis, limiters, unique):
    page = CHECKOUT / "docs" / "how-to" / "operate" / "scale.md"
    command = re.search(r"^ACL SETUSER limits on >password .*$", page.read_text(), re.MULTILINE)
    assert command
    with own_redis.client() as client:
        client.execute_command(*command[0].split())
    url = f"redis://limits:password@127.0.0.1:{own_redis.port}/0{PATIENT}"

    await look(url)
    assert await passes(limiters(url), unique)


def test_a_window_in_memory_ends_with_the_one_that_it_adopted():
    now = 1000.0
    window = MemoryWindow(10, lambda: now)
    window.adopt("key_1", 10, 12.5)

    assert window.consume("key_1", 1) == 12.5
    now += 12.5

    assert window.consume("key_1", 10) == 0
