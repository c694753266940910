"""`waypath consume`: records of a real broker become events, each once."""

import json
import signal

import pytest

from tests.support.kafka_topics import Topics

pytest_plugins = ["tests.support.kafka_broker", "tests.support.kafka_consumers"]


@pytest.fixture(scope="module")
def consumption(consume_for_module):
    return consume_for_module(3)


@pytest.fixture
def topic(topics, unique):
    return topics.create(f"events-{unique}", 3)


def numbers(touchpoints):
    return sorted(json.loads(own["properties"])["number"] for own in touchpoints)


def test_stores_each_event_of_a_topic_before_it_commits_the_offsets(
    consumption, events, stored, unique
):
    consumption.produce(events(50))
    assert numbers(stored(unique)) == [*range(50)]


def test_stores_an_event_with_an_idempotency_key_of_its_own_once(
    consumption, events, stored, unique
):
    consumption.produce(2 * events(1, idempotencyKey=f"own-{unique}"))
    assert len(stored(unique)) == 1


def test_gives_equal_records_without_an_idempotency_key_a_touchpoint_each(
    consumption, events, stored, unique
):
    consumption.produce(2 * events(1))
    assert len(stored(unique)) == 2


def test_gives_an_event_without_a_timestamp_that_of_its_record(
    consumption, topics, events, stored, unique
):
    consumption.produce(events(1), partition=0)
    *_, record = (own for own in topics.read(consumption.topic) if own.partition() == 0)
    occurred_at = stored(unique)[0]["occurredAt"].to_native().timestamp()
    assert round(occurred_at * 1000) == record.timestamp()[1]


def test_keeps_the_order_of_the_events_of_one_person(consumption, stored, unique):
    person = {"event": "page_viewed", "email": f"{unique}@acme.com"}
    moments = [{**person, "properties": {"test": unique, "number": n}} for n in range(1500)]
    consumption.produce(moments, key=unique)
    received = [json.loads(own["properties"])["number"] for own in stored(unique)]
    assert received == [*range(1500)]


def test_advances_past_the_markers_of_transactions(consumption, shared_broker, unique, events):
    producer = {"transactional.id": unique}
    transactional = Topics(shared_broker, **producer)._producer
    transactional.init_transactions(30)
    transactional.begin_transaction()
    transactional.produce(consumption.topic, json.dumps(events(1)[0]), partition=0)
    transactional.commit_transaction(30)
    consumption.wait()


def test_stores_nothing_twice_if_offsets_are_reset(
    topic, topics, consume, events, stored, unique, until
):
    topics.produce(topic, events(10))
    first = consume(f"a-{unique}", topic)
    until(lambda: sum(topics.committed(f"a-{unique}").values()) == 10, first)
    second = consume(f"b-{unique}", topic)
    until(lambda: sum(topics.committed(f"b-{unique}").values()) == 10, second)
    assert numbers(stored(unique)) == [*range(10)]


def test_finishes_and_commits_what_is_in_flight_on_sigterm(
    topic, topics, consume, events, stored, unique, until
):
    topics.produce(topic, events(3000))
    consumer = consume(unique, topic)
    until(lambda: stored(unique), consumer)
    assert consumer.stop() == 0
    assert sum(topics.committed(unique).values()) == len(stored(unique))


def test_reads_segment_calls(topic, topics, consume, stored, unique, until):
    call = {"type": "track", "event": "Order", "userId": unique, "properties": {"test": unique}}
    topics.produce(topic, [call])
    consumer = consume(unique, topic, "--format", "segment")
    until(lambda: stored(unique), consumer)
    assert stored(unique)[0]["event"] == "Order"


def test_stops_at_a_rejected_record_names_it_and_commits_what_is_before(
    topic, topics, consume, events, unique
):
    topics.produce(topic, [*events(2), b"{}", *events(1, 2)], partition=1)
    consumer = consume(unique, topic)
    assert consumer.wait() == 4
    assert f"topic {topic}, partition 1, offset 2: invalid_payload" in consumer.log
    assert topics.committed(unique)[topic, 1] == 2


def test_continues_after_the_topic_is_created(topics, consume, events, stored, unique, until):
    consumer = consume(unique, f"late-{unique}")
    until(lambda: "kafka_topics_missing" in consumer.log, consumer)
    topics.produce(topics.create(f"late-{unique}"), events(1))
    until(lambda: stored(unique), consumer)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--config", "group.id=x"], "group.id: must not be set: use --group"),
        (["--config", "nonsense=1"], "nonsense"),
        (["--secret", "sasl.password=/missing"], "sasl.password: cannot read /missing"),
        (["--dead-letter-topic", "a"], "--dead-letter-topic must not be a consumed topic"),
    ],
)
def test_rejects_invalid_options(cli, options, message):
    result = cli("consume", "--bootstrap-servers", "127.0.0.1:1", "--topic", "a", *options)
    assert (result.returncode, message in result.stderr) == (2, True), result.stderr


def test_two_members_share_the_partitions(topic, topics, consume, events, stored, unique, until):
    first = consume(unique, topic)
    until(lambda: "kafka_partitions_assigned" in first.log, first)
    second = consume(unique, topic)
    until(lambda: f"{topic}[" in second.log, second)
    topics.produce(topic, events(300))
    until(lambda: sum(topics.committed(unique).values()) == 300, first)
    assert numbers(stored(unique)) == [*range(300)]


def test_takes_over_from_a_killed_member_in_seconds(
    topic, topics, consume, events, stored, unique, until
):
    first = consume(unique, topic)
    until(lambda: "kafka_partitions_assigned" in first.log, first)
    second = consume(unique, topic)
    until(lambda: f"{topic}[" in second.log, second)
    first.process.send_signal(signal.SIGKILL)
    topics.produce(topic, events(30))
    until(lambda: len(stored(unique)) == 30, second, seconds=20)
