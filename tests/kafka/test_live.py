"""Records of Kafka topics in the live stream of the service."""

import pytest

from app.access import api_keys
from tests.support.event_stream import LiveReader

pytest_plugins = ["tests.support.kafka_broker", "tests.support.kafka_consumers"]


@pytest.fixture
def follow(address, make_key):
    """Opens the stream of the shared service, and returns its reader."""
    readers = []

    def open_stream(**parameters):
        reader = LiveReader(address, make_key(api_keys.EVENTS_READ), {}, parameters)
        readers.append(reader)
        return reader.__enter__()

    yield open_stream
    for reader in readers:
        reader.__exit__(None, None, None)


def test_records_are_in_the_live_stream(topics, consume, follow, unique):
    reader = follow(customer=unique)
    topic = topics.create(f"events-{unique}")
    rejected = topics.create(f"rejected-{unique}")
    topics.produce(topic, [{"event": name, "externalId": unique} for name in ("x", "")])
    consume(unique, topic, "--dead-letter-topic", rejected)
    records = reader.records(2)
    assert {(record["way"], record["outcome"]) for record in records} == {
        ("kafka", "stored"),
        ("kafka", "rejected"),
    }
