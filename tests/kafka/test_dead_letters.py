"""Dead letters: rejected records in a topic of their own, each once."""

import json

import pytest

pytest_plugins = ["tests.support.kafka_broker", "tests.support.kafka_consumers"]


@pytest.fixture
def topic(topics, unique):
    return topics.create(f"events-{unique}", 2)


@pytest.fixture
def rejected(topics, unique):
    return topics.create(f"rejected-{unique}")


@pytest.fixture
def letters(topic, topics, consume, rejected, unique, until):
    """Consumes all of the topic with a dead-letter topic, and gives what is there."""

    def read():
        consumer = consume(unique, topic, "--dead-letter-topic", rejected)
        end = len(topics.read(topic))
        until(lambda: sum(topics.committed(unique).values()) == end, consumer)
        return topics.read(rejected)

    return read


def headers(letter):
    return {name: value.decode() for name, value in letter.headers()}


@pytest.mark.parametrize("value", [b"\xff\x00 no JSON", b'{"event": "x"}', b"x" * 600_000, None])
def test_a_dead_letter_has_the_key_and_value_byte_for_byte(topic, topics, letters, value):
    topics.produce(topic, [value], key=b"\xfe\x00key")
    assert [(letter.key(), letter.value()) for letter in letters()] == [(b"\xfe\x00key", value)]


def test_a_dead_letter_names_the_record_and_the_error(topic, topics, letters):
    topics.produce(topic, [b'{"event": "x"}'], partition=1)
    (letter,) = letters()
    found = headers(letter)
    error = json.loads(found.pop("waypath.errors.error"))
    assert found == {
        "waypath.errors.topic": topic,
        "waypath.errors.partition": "1",
        "waypath.errors.offset": "0",
        "waypath.errors.code": "invalid_payload",
    }
    assert error["details"][0]["message"].startswith("must have one of customer, email")


def test_a_dead_letter_keeps_the_headers_of_the_record(topic, topics, letters):
    topics.produce(topic, [b"{}"], headers=[("trace", b"abc")])
    (letter,) = letters()
    assert headers(letter)["trace"] == "abc"


def test_the_other_events_of_a_partition_are_stored(topic, topics, letters, events, stored, unique):
    topics.produce(topic, [*events(3), b"{}", *events(3, 3)], partition=0)
    letters()
    assert len(stored(unique)) == 6


def test_another_event_with_a_used_idempotency_key_is_a_dead_letter(
    topic, topics, letters, events, unique
):
    first, second = events(2, idempotencyKey=unique)
    topics.produce(topic, [first, second], partition=0)
    (letter,) = letters()
    assert headers(letter)["waypath.errors.code"] == "idempotency_conflict"


def test_the_offset_is_committed_with_the_dead_letters(topic, topics, letters, unique):
    topics.produce(topic, [b"{}"] * 5, partition=0)
    letters()
    assert topics.committed(unique)[topic, 0] == 5


def test_a_record_is_a_dead_letter_once_although_the_consumer_is_killed(
    topic, topics, consume, rejected, unique, until
):
    arguments = (unique, topic, "--dead-letter-topic", rejected, "--batch-size", "5")
    for turn in range(3):
        values = [b'{"event": "%d"}' % number for number in range(turn * 400, turn * 400 + 400)]
        topics.produce(topic, values)
        consumer = consume(*arguments)
        before = len(topics.read(rejected))
        until(lambda: len(topics.read(rejected)) > before, consumer)  # noqa: B023
        consumer.kill()
    consumer = consume(*arguments)
    until(lambda: sum(topics.committed(unique).values()) == 1200, consumer)
    values = [letter.value() for letter in topics.read(rejected)]
    assert (len(values), len({*values})) == (1200, 1200)


def test_the_consumer_stops_if_the_dead_letter_topic_does_not_accept_a_record(
    topic, topics, consume, unique
):
    small = topics.create(f"small-{unique}", **{"max.message.bytes": "1000"})
    topics.produce(topic, [b"x" * 5000], partition=0)
    consumer = consume(unique, topic, "--dead-letter-topic", small)
    assert consumer.wait() == 4
    assert f"topic {topic}, partition 0, offset 0" in consumer.log


def test_a_rejected_record_is_in_the_groups_of_rejected_events(
    topic, topics, letters, cypher, until
):
    count = "MATCH (g:RejectionGroup {field: 'email'}) RETURN coalesce(sum(g.count), 0) AS count"
    before = cypher(count)[0]["count"]
    topics.produce(topic, [{"event": "x", "email": "no"}])
    letters()
    until(lambda: cypher(count)[0]["count"] == before + 1)
