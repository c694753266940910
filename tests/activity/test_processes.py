"""The live stream has the records of the workers and instances that belong together."""

import contextlib
import signal
import time
import uuid

import pytest

from app.access import api_keys
from app.settings import Settings
from tests.support import http_client
from tests.support.event_stream import LiveReader
from tests.support.server import serving, wait_for, wait_until_ready

pytest_plugins = ["tests.support.redis_server"]

WORKERS = 2
EXCEEDED = "timeout graceful shutdown exceeded"  # uvicorn logs it


def send(address, key, unique, event="x"):
    body = {"event": event, "externalId": unique}
    headers = {"X-API-Key": key, "Connection": "close"}
    return http_client.post(f"{address}/v1/events", json=body, headers=headers, timeout=30)


@pytest.fixture
def workers(serve, tmp_path):
    """A service with two workers, and a data directory of its own."""
    process, address = serve(WAYPATH_WORKERS=f"{WORKERS}", WAYPATH_DATA_DIR=str(tmp_path))
    wait_for(lambda: is_ready(address))
    return process, address


def is_ready(address):
    with contextlib.suppress(Exception):
        return http_client.get(f"{address}/readyz").status_code == 200
    return False


def test_a_stream_has_the_records_of_every_worker(workers, api_key, reader_key, unique):
    _, address = workers
    sources = set()

    with LiveReader(address, reader_key, parameters={"customer": unique}) as reader:
        deadline = time.monotonic() + 60
        while len(sources) < WORKERS and time.monotonic() < deadline:
            send(address, api_key, unique)
            sources.add(reader.record()["id"].partition(".")[0])

    assert len(sources) == WORKERS


def test_a_stream_begins_with_the_last_records_of_every_worker(
    workers, api_key, reader_key, unique
):
    _, address = workers
    for number in range(20):  # so that each worker gets some
        send(address, api_key, unique, f"{number}")

    with LiveReader(address, reader_key, parameters={"customer": unique, "recent": 20}) as reader:
        records = reader.records(20)

    assert {record["event"] for record in records} == {str(number) for number in range(20)}


def test_a_stream_resumes_at_any_worker(workers, api_key, reader_key, unique):
    _, address = workers
    with LiveReader(address, reader_key, parameters={"customer": unique}) as reader:
        send(address, api_key, unique, "first")
        last = reader.event("record").id
    for number in range(10):
        send(address, api_key, unique, f"{number}")

    for _ in range(4):  # so that each worker is asked
        with LiveReader(
            address, reader_key, {"Last-Event-ID": last}, {"customer": unique}
        ) as reader:
            assert {record["event"] for record in reader.records(10)} == {
                str(number) for number in range(10)
            }


def test_an_open_stream_ends_with_the_service_and_does_not_delay_it(workers, reader_key):
    process, address = workers
    with LiveReader(address, reader_key) as reader:
        process.send_signal(signal.SIGTERM)

        end = reader.event("end").content

    assert end["code"] == "stopping"
    assert EXCEEDED not in process.communicate(timeout=60)[1]


def test_a_reader_that_does_not_read_does_not_delay_the_stop(workers, api_key, reader_key, unique):
    process, address = workers
    events = [
        {"event": "x", "externalId": unique, "properties": {"text": "x" * 8000}} for _ in range(500)
    ]
    with LiveReader(address, reader_key, parameters={"customer": unique}):
        for _ in range(3):  # more than the buffers of the sockets have room for
            headers = {"X-API-Key": api_key}
            http_client.post(
                f"{address}/v1/events", json={"events": events}, headers=headers, timeout=60
            )
        process.send_signal(signal.SIGTERM)

        assert EXCEEDED not in process.communicate(timeout=60)[1]


@pytest.fixture(scope="module")
def eraser_key(make_key):
    return make_key(api_keys.CUSTOMERS_DELETE)


@pytest.fixture
def last_events(api_key, reader_key, unique):
    """The names of the last events that a service has, without the one that ends the list."""

    def read(address):
        end, names = uuid.uuid4().hex, []
        with LiveReader(address, reader_key, parameters={"recent": 100}) as reader:
            send(address, api_key, f"other {unique}", end)
            while end not in names:
                names.append(reader.record()["event"])
        return [name for name in names if name.isdecimal()]

    return read


def erase(address, key, customer):
    headers = {"X-API-Key": key, "Connection": "close"}
    response = http_client.delete(f"{address}/v1/customers/{customer}", headers=headers, timeout=30)
    assert response.status_code in (200, 202)


def test_every_worker_forgets_an_erased_customer(
    workers, api_key, reader_key, eraser_key, last_events, unique
):
    _, address = workers
    names = [f"{number}" for number in range(20)]  # so that each worker gets some
    results = [send(address, api_key, unique, name).json() for name in names]
    with LiveReader(address, reader_key, parameters={"recent": 100}) as reader:
        reader.records(20)

    erase(address, eraser_key, results[0]["customerId"])

    assert last_events(address) == []


def test_the_workers_forget_a_customer_that_the_command_erases(
    workers, cli, api_key, reader_key, last_events, unique, tmp_path
):
    _, address = workers
    customer = send(address, api_key, unique, "1").json()["customerId"]
    with LiveReader(address, reader_key, parameters={"recent": 100}) as reader:
        reader.record()

    cli("erase", customer, "--yes", WAYPATH_DATA_DIR=str(tmp_path))

    assert last_events(address) == []


def test_a_killed_process_disturbs_no_stream(
    workers, database, tmp_path, api_key, reader_key, unique
):
    process, _ = workers
    process.kill()
    process.wait()
    config = Settings(data_dir=str(tmp_path))
    with serving(database, config) as address:
        wait_until_ready(address)
        with LiveReader(address, reader_key, parameters={"customer": unique}) as reader:
            send(address, api_key, unique)

            assert reader.record()["payload"]["externalId"] == unique


@pytest.fixture
def instances(make_redis, database, tmp_path):
    """Two instances that share a Redis alone, and the Redis."""
    redis = make_redis()
    with contextlib.ExitStack() as stack:
        addresses = []
        for name in ("one", "other"):
            config = Settings(rate_limit_storage=redis.url, data_dir=str(tmp_path / name))
            addresses.append(stack.enter_context(serving(database, config)))
        for address in addresses:
            wait_until_ready(address)
            wait_for(lambda address=address: redis_is_used(redis, len(addresses)))
        yield redis, *addresses


def redis_is_used(redis, subscribers):
    with redis.client() as client:
        channels = client.pubsub_channels("waypath:live:*:readers")
        return sum(count for _, count in client.pubsub_numsub(*channels)) >= subscribers


def test_a_stream_has_the_records_of_another_instance(instances, api_key, reader_key, unique):
    _, one, other = instances
    with LiveReader(one, reader_key, parameters={"customer": unique}) as reader:
        send(other, api_key, unique)

        assert reader.record()["payload"]["externalId"] == unique
        assert reader.coverage == "all"


def test_a_stream_begins_with_the_last_records_of_another_instance(
    instances, api_key, reader_key, unique
):
    _, one, other = instances
    send(other, api_key, unique, "before")

    with LiveReader(one, reader_key, parameters={"customer": unique, "recent": 5}) as reader:
        assert reader.record()["event"] == "before"


def test_another_instance_forgets_an_erased_customer(
    instances, api_key, reader_key, eraser_key, last_events, unique
):
    _, one, other = instances
    customer = send(other, api_key, unique, "1").json()["customerId"]
    with LiveReader(other, reader_key, parameters={"recent": 100}) as reader:
        reader.record()

    erase(one, eraser_key, customer)

    wait_for(lambda: last_events(other) == [])


def test_without_readers_nothing_is_published(instances, api_key, unique):
    redis, one, other = instances
    with redis.client() as client, client.pubsub() as records:
        records.psubscribe("waypath:live:*:records")
        records.get_message(timeout=5)

        send(one, api_key, unique)
        send(other, api_key, unique)

        assert records.get_message(timeout=1.5) is None


def test_a_stream_without_redis_has_the_records_of_this_instance(
    instances, api_key, reader_key, unique
):
    redis, one, _ = instances
    with LiveReader(one, reader_key, parameters={"customer": unique}) as reader:
        redis.kill()

        assert reader.event("coverage").content == {"coverage": "instance"}
        send(one, api_key, unique)
        assert reader.record()["payload"]["externalId"] == unique


def test_a_stream_finds_redis_again(instances, api_key, reader_key, unique):
    redis, one, other = instances
    with LiveReader(one, reader_key, parameters={"customer": unique}) as reader:
        redis.kill()
        reader.event("coverage")
        redis.start()
        while reader.event("coverage").content != {"coverage": "all"}:
            pass
        wait_for(lambda: redis_is_used(redis, 2))

        send(other, api_key, unique)

        assert reader.record()["payload"]["externalId"] == unique
