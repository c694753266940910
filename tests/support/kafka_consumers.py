"""Consumers of Kafka topics: processes, and the fixtures of their tests."""

import subprocess
import sys
import time
import uuid
from pathlib import Path

import pytest

from tests.support.kafka_topics import Topics


class ConsumerProcess:
    """A process of `waypath consume`, with its log in a file."""

    def __init__(self, command, env, log):
        self._log = log
        with log.open("wb") as output:
            self.process = subprocess.Popen(command, env=env, stdout=output, stderr=output)

    @property
    def log(self):
        return self._log.read_text()

    def wait(self, seconds=60):
        """The exit code, once it has ended."""
        return self.process.wait(seconds)

    def stop(self):
        """Sends SIGTERM, and returns the exit code."""
        self.process.terminate()
        return self.wait()

    def kill(self):
        self.process.kill()
        self.process.wait()


@pytest.fixture(scope="session")
def topics(shared_broker):
    return Topics(shared_broker)


class Consumption:
    """A topic, and a consumer of it that runs for all tests of a module."""

    def __init__(self, topics, topic, consumer, group):
        self._topics = topics
        self.consumer = consumer
        self._group = group
        self.topic = topic

    def produce(self, values, **options):
        """Produces records, and returns once the consumer has committed their offsets."""
        self._topics.produce(self.topic, values, **options)
        self.wait()

    def wait(self):
        """Returns once the consumer has committed the offsets of all records."""
        ends = self._topics.ends(self.topic).items()
        until_true(lambda: self._topics.committed(self._group).items() >= ends, self.consumer)


def starting(environment, broker, folder):
    """Starts `python -m app consume` on topics, in a group; gives its process. Ends all at last."""
    started = []

    def start(group, topic, *arguments, bootstrap=broker, **variables):
        command = [sys.executable, "-m", "app", "consume", "--bootstrap-servers", bootstrap]
        log = Path(folder, f"consumer-{len(started)}.log")
        options = ["--topic", topic, "--group", group, *arguments]
        process = ConsumerProcess([*command, *options], environment | variables, log)
        started.append(process)
        return process

    try:
        yield start
    finally:
        for process in started:
            process.kill()


@pytest.fixture
def consume(environment, shared_broker, address, tmp_path):
    """Starts a consumer of the test's own."""
    yield from starting(environment, shared_broker, tmp_path)


@pytest.fixture(scope="module")
def consume_for_module(environment, shared_broker, address, topics, tmp_path_factory):
    """Starts a consumer of a new topic, for all tests of a module."""
    starts = starting(environment, shared_broker, tmp_path_factory.mktemp("consumers"))
    consume = next(starts)

    def start(partitions, *arguments):
        word = uuid.uuid4().hex
        topic = topics.create(f"events-{word}", partitions)
        return Consumption(topics, topic, consume(word, topic, *arguments), word)

    yield start
    starts.close()


@pytest.fixture
def stored(cypher):
    """The Touchpoints whose property `test` is a word, in the order in which they were received."""

    def find(unique):
        rows = cypher(
            "MATCH (c:Customer)-[:HAS_TOUCHPOINT]->(t:Touchpoint {test: $unique}) "
            "RETURN t {.*} AS t, c.id AS customer ORDER BY t.receivedAt",
            unique=unique,
        )
        return [row["t"] | {"customer": row["customer"]} for row in rows]

    return find


@pytest.fixture
def events(unique):
    """Makes events of a test's own, each of another person."""

    def make(count, first=0, **fields):
        return [
            {
                "event": "page_viewed",
                "email": f"p{number}-{unique}@acme.com",
                "properties": {"test": unique, "number": number},
                **fields,
            }
            for number in range(first, first + count)
        ]

    return make


def until_true(condition, consumer=None, seconds=90):
    """Waits until a condition holds; raises with the log of a consumer if it does not."""
    deadline = time.monotonic() + seconds
    while not condition():
        if consumer and consumer.process.poll() is not None:
            raise AssertionError(f"the consumer ended: {consumer.log[-3000:]}")
        if time.monotonic() > deadline:
            raise AssertionError(f"not in time: {consumer.log[-3000:] if consumer else ''}")
        time.sleep(0.05)


@pytest.fixture
def until():
    return until_true
