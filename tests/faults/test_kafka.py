"""Consumers of Kafka topics under load, while they, the broker or Neo4j are killed."""

import json
import os
import signal
import time
from collections import Counter

import pytest
from neo4j import GraphDatabase

from app.graph.embedded.home import Home
from app.graph.embedded.supervisor import EmbeddedNeo4j, running
from tests.support.forwarder import Forwarder
from tests.support.kafka_topics import Topics

pytest_plugins = ["tests.support.kafka_broker", "tests.support.kafka_consumers"]

POISON_EVERY = 50
PARTITIONS = 6


class Load:
    """Records of a topic: events of 200 people, with a poison message in every fifty."""

    def __init__(self, topics, unique, count):
        self.topics = topics
        self.unique = unique
        self.count = count
        self.topic = topics.create(f"events-{unique}", PARTITIONS)
        self.rejected = topics.create(f"rejected-{unique}", 2)
        self.valid = [number for number in range(count) if number % POISON_EVERY]
        self.poison = [number for number in range(count) if not number % POISON_EVERY]

    def produce(self, first, end):
        """Produces the records with these numbers, each with its person as the key."""
        people = {}
        for number in range(first, end):
            people.setdefault(f"p{number % 200}-{self.unique}@acme.com", []).append(number)
        for person, numbers in people.items():
            events = [self._event(person, number) for number in numbers]
            self.topics.produce(self.topic, events, key=person, flush=False)
        self.topics.flush()

    def _event(self, person, number):
        return {
            "event": "page_viewed",
            "email": person if number % POISON_EVERY else f"poison {number}",
            "properties": {"test": self.unique, "number": number},
        }

    def is_consumed(self):
        committed = self.topics.committed(f"{self.unique}")
        return sum(committed.values()) == self.count

    def check(self, stored):
        numbers = Counter(json.loads(own["properties"])["number"] for own in stored(self.unique))
        assert numbers == Counter(self.valid)
        letters = [json.loads(own.value()) for own in self.topics.read(self.rejected)]
        found = Counter(letter["properties"]["number"] for letter in letters)
        assert found == Counter(self.poison)


@pytest.mark.parametrize("members", [2, 4])
@pytest.mark.parametrize("protocol", ["classic", "consumer"])
def test_consumers_are_killed(
    topics, consume, unique, until, stored, amounts, rng, members, protocol
):
    load = Load(topics, unique, 1000 * amounts.consumer_kills)
    arguments = (unique, load.topic, "--dead-letter-topic", load.rejected, "--batch-size", "100")
    arguments += ("--config", f"group.protocol={protocol}")
    running = [consume(*arguments) for _ in range(members)]
    for turn in range(amounts.consumer_kills):
        load.produce(turn * 1000, turn * 1000 + 1000)
        rng.choice(running).kill()
        running = [own for own in running if own.process.poll() is None]
        running.append(consume(*arguments))
        time.sleep(rng.uniform(0, 3))
    until(load.is_consumed, running[-1], 120)
    load.check(stored)


def test_the_broker_is_killed(own_broker, consume, unique, until, stored, amounts, rng):
    load = Load(Topics(own_broker.bootstrap), unique, 1000 * amounts.broker_kills)
    arguments = (unique, load.topic, "--dead-letter-topic", load.rejected, "--batch-size", "100")
    running = [consume(*arguments, bootstrap=own_broker.bootstrap) for _ in range(2)]
    for turn in range(amounts.broker_kills):
        load.produce(turn * 1000, turn * 1000 + 1000)
        own_broker.kill()
        time.sleep(rng.uniform(0, 3))
        own_broker.start()
    until(load.is_consumed, running[-1], 180)
    load.check(stored)


def test_the_connections_to_neo4j_are_cut(topics, consume, unique, until, stored, database, rng):
    with Forwarder(database.uri) as forwarder:
        load = Load(topics, unique, 3000)
        arguments = (unique, load.topic, "--dead-letter-topic", load.rejected)
        running = [consume(*arguments, NEO4J_URI=forwarder.uri) for _ in range(2)]
        for turn in range(3):
            load.produce(turn * 1000, turn * 1000 + 1000)
            forwarder.close()
            time.sleep(rng.uniform(0, 3))
            forwarder.open()
        until(load.is_consumed, running[-1], 120)
        load.check(stored)


@pytest.fixture
def own_neo4j(tmp_path):
    """An embedded Neo4j of the test's own, which its supervisor starts again; gives its home."""
    with EmbeddedNeo4j(tmp_path / "neo4j"):
        yield tmp_path / "neo4j"


def neo4j_pid(home):
    state = Home(home).load_state()
    return state and state.pid


def test_neo4j_is_killed(topics, consume, unique, until, own_neo4j, amounts, rng):
    load = Load(topics, unique, 1000 * (1 + amounts.neo4j_kills))
    arguments = (unique, load.topic, "--dead-letter-topic", load.rejected, "--batch-size", "100")
    connection = running(own_neo4j)
    assert connection
    variables = {
        "NEO4J_URI": connection.uri,
        "NEO4J_USERNAME": connection.username,
        "NEO4J_PASSWORD": connection.password,
    }
    members = [consume(*arguments, **variables) for _ in range(2)]
    for turn in range(1 + amounts.neo4j_kills):
        load.produce(turn * 1000, turn * 1000 + 1000)
        time.sleep(rng.uniform(0, 2))
        killed = neo4j_pid(own_neo4j)
        assert killed
        os.kill(killed, signal.SIGKILL)
        until(lambda: neo4j_pid(own_neo4j) not in (None, killed), members[-1])  # noqa: B023
    until(load.is_consumed, members[-1], 180)

    def stored(word):
        query = "MATCH (t:Touchpoint {test: $word}) RETURN t {.*} AS t"
        auth = (connection.username, connection.password)
        with GraphDatabase.driver(connection.uri, auth=auth) as driver:
            return [row["t"] for row in driver.execute_query(query, word=word)[0]]

    load.check(stored)
