"""Dead letters: rejected records in a topic of their own, each once."""

import json
import uuid

import pytest

pytest_plugins = ["tests.support.kafka_broker", "tests.support.kafka_consumers"]


@pytest.fixture(scope="module")
def rejected(topics):
    return topics.create(f"rejected-{uuid.uuid4().hex}")


@pytest.fixture(scope="module")
def consumption(consume_for_module, rejected):
    return consume_for_module(2, "--dead-letter-topic", rejected)


@pytest.fixture
def letters(consumption, topics, rejected):
    """Produces records, and gives the dead letters of them."""

    def produce(values, **options):
        before = len(topics.read(rejected))
        consumption.produce(values, **options)
        return topics.read(rejected)[before:]

    return produce


def headers(letter):
    return {name: value.decode() for name, value in letter.headers()}


@pytest.mark.parametrize("value", [b"\xff\x00 no JSON", b'{"event": "x"}', b"x" * 600_000, None])
def test_a_dead_letter_has_the_key_and_value_byte_for_byte(letters, value):
    found = letters([value], key=b"\xfe\x00key")
    assert [(letter.key(), letter.value()) for letter in found] == [(b"\xfe\x00key", value)]


def test_a_dead_letter_names_the_record_and_the_error(consumption, topics, letters):
    (letter,) = letters([b'{"event": "x"}'], partition=1)
    found = headers(letter)
    error = json.loads(found.pop("waypath.errors.error"))
    assert found == {
        "waypath.errors.topic": consumption.topic,
        "waypath.errors.partition": "1",
        "waypath.errors.offset": str(topics.ends(consumption.topic)[consumption.topic, 1] - 1),
        "waypath.errors.code": "invalid_payload",
    }
    assert error["details"][0]["message"].startswith("must have one of customer, email")


def test_a_dead_letter_keeps_the_headers_of_the_record(letters):
    (letter,) = letters([b"{}"], headers=[("trace", b"abc")])
    assert headers(letter)["trace"] == "abc"


def test_the_other_events_of_a_partition_are_stored(letters, events, stored, unique):
    letters([*events(3), b"{}", *events(3, 3)], partition=0)
    assert len(stored(unique)) == 6


def test_another_event_with_a_used_idempotency_key_is_a_dead_letter(letters, events, unique):
    (letter,) = letters(events(2, idempotencyKey=unique), partition=0)
    assert headers(letter)["waypath.errors.code"] == "idempotency_conflict"


@pytest.fixture
def suppress(client, make_key):
    """Suppresses an email."""
    steward = {"X-API-Key": make_key("customers:delete")}

    def run(email):
        body = {"identifiers": [f"email:{email}"], "reason": "request 1"}
        client.post("/v1/suppressions", json=body, headers=steward)

    return run


@pytest.fixture
def suppressed_letters(letters, until):
    """Produces records until the consumer knows the suppression, and gives the dead letters."""

    def produce(values):
        found = []

        def is_rejected():
            found[:] = letters(values, partition=0)
            return found

        until(is_rejected)
        return found

    return produce


def test_an_event_with_a_suppressed_identifier_is_a_dead_letter(
    suppressed_letters, events, suppress
):
    suppressed, other = events(2)
    suppress(suppressed["email"])
    found = suppressed_letters([suppressed, other])
    assert [headers(letter)["waypath.errors.code"] for letter in found] == ["suppressed"]


def test_an_event_that_names_a_suppressed_customer_is_a_dead_letter(
    suppressed_letters, client, suppress, unique
):
    person = {"event": "x", "email": f"{unique}@acme.com"}
    customer = client.post("/v1/events", json=person).json()["customerId"]
    suppress(person["email"])
    found = suppressed_letters([{"event": "x", "customer": customer}])
    assert [headers(letter)["waypath.errors.code"] for letter in found] == ["suppressed"]


def test_the_offset_is_committed_with_the_dead_letters(letters):
    assert len(letters([b"{}"] * 5, partition=0)) == 5


def test_a_rejected_record_is_in_the_groups_of_rejected_events(letters, cypher, until):
    count = "MATCH (g:RejectionGroup {field: 'email'}) RETURN coalesce(sum(g.count), 0) AS count"
    before = cypher(count)[0]["count"]
    letters([{"event": "x", "email": "no"}])
    until(lambda: cypher(count)[0]["count"] == before + 1)


@pytest.fixture(scope="module")
def stopped(topics, consume_for_module):
    """A consumer whose dead-letter topic does not accept a record, once it has ended."""
    small = topics.create(f"small-{uuid.uuid4().hex}", **{"max.message.bytes": "1000"})
    consumption = consume_for_module(1, "--dead-letter-topic", small)
    topics.produce(consumption.topic, [b"x" * 5000])
    consumption.consumer.wait()
    return consumption


def test_the_consumer_stops_if_the_dead_letter_topic_does_not_accept_a_record(stopped):
    assert stopped.consumer.wait() == 4
    assert f"topic {stopped.topic}, partition 0, offset 0" in stopped.consumer.log


def test_a_stop_does_not_wait_for_the_aborted_transaction(stopped):
    assert "kafka_commit_failed" not in stopped.consumer.log
