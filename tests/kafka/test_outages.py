"""The consumer while Neo4j or the broker is unavailable, and what it reports of itself."""

import contextlib

import httpx2
import pytest

from app.access import api_keys
from tests.support import http_client
from tests.support.forwarder import Forwarder
from tests.support.metrics import scrape, value

pytest_plugins = ["tests.support.kafka_broker", "tests.support.kafka_consumers"]


@pytest.fixture
def topic(topics, unique):
    return topics.create(f"events-{unique}", 2)


@pytest.fixture
def forwarder(database):
    with Forwarder(database.uri) as forwarder:
        yield forwarder


def status(port, route):
    with contextlib.suppress(httpx2.TransportError):
        return http_client.get(f"http://127.0.0.1:{port}/{route}", timeout=5).status_code
    return None


def test_pauses_while_the_database_is_unavailable_and_then_stores_all(
    topic, topics, consume, events, stored, unique, until, forwarder
):
    consumer = consume(unique, topic, NEO4J_URI=forwarder.uri)
    topics.produce(topic, events(5))
    until(lambda: len(stored(unique)) == 5, consumer)
    forwarder.close()
    topics.produce(topic, events(20, 5))
    until(lambda: "kafka_partitions_paused" in consumer.log, consumer)
    forwarder.open()
    until(lambda: len(stored(unique)) == 25, consumer)
    until(lambda: "kafka_partitions_resumed" in consumer.log, consumer)


def test_gives_its_partitions_to_another_member_while_the_database_is_unavailable(
    topic, topics, consume, events, stored, unique, until, forwarder
):
    first = consume(unique, topic, NEO4J_URI=forwarder.uri)
    topics.produce(topic, events(5))
    until(lambda: len(stored(unique)) == 5, first)
    forwarder.close()
    topics.produce(topic, events(20, 5))
    until(lambda: "kafka_partitions_paused" in first.log, first)
    second = consume(unique, topic)
    until(lambda: "kafka_partitions_revoked" in first.log, first)
    assert first.stop() == 0
    until(lambda: len(stored(unique)) == 25, second)


def test_starts_before_the_database_is_available(
    topic, topics, consume, events, stored, unique, until, forwarder
):
    forwarder.close()
    topics.produce(topic, events(5))
    consumer = consume(unique, topic, NEO4J_URI=forwarder.uri)
    until(lambda: "database_retry" in consumer.log, consumer)
    forwarder.open()
    until(lambda: len(stored(unique)) == 5, consumer)


def test_waits_for_a_broker_that_is_not_there_and_is_not_ready(consume, unique, free_port, until):
    consumer = consume(unique, "a", "--port", str(free_port), bootstrap="127.0.0.1:1")
    until(lambda: status(free_port, "healthz") == 200, consumer)
    until(lambda: "kafka_client_failed" in consumer.log, consumer)
    assert status(free_port, "readyz") == 503


def test_is_ready_in_its_group_but_not_while_the_database_is_unavailable(
    topic, consume, unique, free_port, until, forwarder
):
    consumer = consume(unique, topic, "--port", str(free_port), NEO4J_URI=forwarder.uri)
    until(lambda: status(free_port, "readyz") == 200, consumer)
    forwarder.close()
    until(lambda: status(free_port, "readyz") == 503, consumer)
    assert status(free_port, "healthz") == 200


def test_counts_its_records_and_its_lag(
    topic, topics, consume, events, unique, free_port, until, make_key
):
    key = make_key(api_keys.METRICS_READ)
    topics.produce(topic, events(7), partition=0)
    consumer = consume(unique, topic, "--port", str(free_port))

    def metrics():
        return scrape(f"http://127.0.0.1:{free_port}", key)

    until(lambda: status(free_port, "readyz") == 200, consumer)
    until(lambda: value(metrics(), "kafka_records_total", topic=topic) == 7, consumer)
    lag = {"topic": topic, "partition": "0"}
    until(lambda: ("waypath_kafka_lag_records", frozenset(lag.items())) in metrics(), consumer)
    until(lambda: value(metrics(), "kafka_lag_records", **lag) == 0, consumer)
    assert value(metrics(), "kafka_up") == 1


def test_reports_a_port_in_use(topic, consume, unique, address):
    port = address.rpartition(":")[2]
    consumer = consume(unique, topic, "--port", port)
    assert consumer.wait() == 1
    assert f"cannot listen on 127.0.0.1:{port}" in consumer.log
