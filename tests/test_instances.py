"""Two instances with two workers each on one database, behind one load."""

import contextlib
import itertools
import json
import random
import shutil
import subprocess
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import httpx2
import pytest

from app.access import api_keys
from tests.support import http_client
from tests.support.metrics import parse, value
from tests.support.ports import free_port
from tests.support.server import wait_for

pytest_plugins = ["tests.support.redis_server"]

WORKERS = 2
CONNECTIONS = 3  # to each worker
LIMIT = 600
PEOPLE = 30

CUSTOMERS = """
MATCH (identifier:Identifier)-[:IDENTIFIES]->(customer:Customer)
WHERE identifier.value STARTS WITH $unique
RETURN customer.id AS id, collect(identifier.kind + ' ' + identifier.value) AS keys
"""
TOUCHPOINTS = """
MATCH (customer:Customer)-[:HAS_TOUCHPOINT]->(touchpoint) WHERE customer.id IN $ids
RETURN customer.id AS id, touchpoint {
  .event, .timestamp, .properties, .identifiers, .resolvedBy
} AS touchpoint
"""
DOUBTS = """
MATCH (one:Customer)-[conflict:MAY_BE_SAME_AS]-(other:Customer)
WHERE one.id IN $ids AND one.id < other.id
RETURN one.id AS one, other.id AS other, conflict.kind AS kind, conflict.count AS count
"""


class Instance:
    """`python -m app serve` as a process; its log is a file."""

    def __init__(self, environment, directory):
        port = free_port()
        self.address = f"http://127.0.0.1:{port}"
        self._log = directory / "log"
        with self._log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "app", "serve"],
                env=environment | {"WAYPATH_PORT": str(port), "WAYPATH_WORKERS": str(WORKERS)},
                stdout=log,
                stderr=log,
            )

    def connections(self, key, stack):
        """Callers who stay connected, as many to each of its workers, until the stack is left."""
        callers_of = {}
        while sum(len(callers) == CONNECTIONS for callers in callers_of.values()) < WORKERS:
            caller = http_client.Client(base_url=self.address, headers={"X-API-Key": key})
            callers = callers_of.setdefault(worker(caller.get("/healthz")), [])
            if len(callers) < CONNECTIONS:
                callers.append(caller)
                stack.callback(caller.close)
            else:
                caller.close()
        return list(itertools.chain(*callers_of.values()))

    def is_ready(self):
        assert self.process.poll() is None, self.log()
        with contextlib.suppress(httpx2.TransportError):
            return self.log().count("database_ready") > WORKERS  # of the main process as well
        return False

    def log(self):
        return self._log.read_text()


def worker(response):
    """The common prefix of the ids of all requests of one process."""
    return response.headers["x-request-id"][:20]


@pytest.fixture(scope="module")
def storage(request):
    """The Redis in which the instances count, if the host has one."""
    return request.getfixturevalue("make_redis")() if shutil.which("redis-server") else None


@pytest.fixture(scope="module")
def instances(environment, storage, api_key, tmp_path_factory):
    # On a busy host a reply may take its time.
    url = f"{storage.url}?socket_timeout=30" if storage else ""
    own = environment | {
        "WAYPATH_RATE_LIMIT": str(LIMIT),
        "WAYPATH_RATE_LIMIT_STORAGE": url,
    }
    both = [Instance(own, tmp_path_factory.mktemp("instance")) for _ in range(2)]
    for instance in both:
        wait_for(instance.is_ready, 120)
    yield both
    for instance in both:
        instance.process.terminate()
    for instance in both:
        instance.process.wait(60)


@pytest.fixture
def callers(instances, make_key):
    """Callers with a key of their own, connected to every worker of every instance."""
    key = make_key(api_keys.EVENTS_WRITE)
    with contextlib.ExitStack() as stack:
        yield [caller for instance in instances for caller in instance.connections(key, stack)]


def at_once(callers, bodies):
    """The responses to bodies that are sent in turns, by all callers at the same time."""

    def send(caller, own):
        return [caller.post("/v1/events", json=body) for body in own]

    count = len(callers)
    with ThreadPoolExecutor(count) as pool:
        sent = [
            pool.submit(send, caller, bodies[number::count])
            for number, caller in enumerate(callers)
        ]
    return [response for future in sent for response in future.result()]


def load(unique):
    """Two loads, one after the other, with one resulting graph in any order of arrival.

    In the first, several callers at once send the first events of people, some of them twice. In
    the second, identifiers of two people come together.
    """
    order = random.Random(7)
    people = [
        {"email": f"{unique}-{n}@acme.com", "externalId": f"{unique}-{n}"} for n in range(PEOPLE)
    ]
    first, second = [], []
    for number, person in enumerate(people):
        marks = (f"{number}.{n}" for n in itertools.count())
        alone = [event(mark, **person) for mark in itertools.islice(marks, 3)]
        first += [{"events": [event(next(marks), **person), alone[0]]}, *alone[1:]]
        again = event(next(marks), **person) | {"idempotencyKey": f"{unique} {number}"}
        first += [again, {"events": [again]}]
        other = people[(number + 1) % PEOPLE]
        second += [
            event(next(marks), email=person["email"], externalId=other["externalId"])
            for _ in range(3)
        ]
    order.shuffle(first)
    order.shuffle(second)
    return first, second


def event(mark, **keys):
    return {
        "event": "page_viewed",
        "timestamp": "2026-04-29T10:14:32Z",
        "properties": {"mark": mark},
        **keys,
    }


def graph(cypher, unique):
    """The graph of a load, as sets: a Customer is the set of its identifiers."""
    rows = cypher(CUSTOMERS, unique=unique)
    names = {row["id"]: frozenset(own(key, unique) for key in row["keys"]) for row in rows}
    touchpoints = [
        (names[row["id"]], row["touchpoint"]) for row in cypher(TOUCHPOINTS, ids=list(names))
    ]
    return {
        "customers": Counter(names.values()),
        "touchpoints": Counter(
            (
                *(customer, touchpoint["event"], touchpoint["timestamp"]),
                json.loads(touchpoint["properties"])["mark"],
                frozenset(own(key, unique) for key in touchpoint["identifiers"]),
            )
            for customer, touchpoint in touchpoints
        ),
        # Which event comes first, and is of a new Customer, is open; that one is, is not.
        "resolved": Counter(
            (customer, touchpoint["resolvedBy"]) for customer, touchpoint in touchpoints
        ),
        "conflicts": {
            (frozenset({names[row["one"]], names[row["other"]]}), row["kind"], row["count"])
            for row in cypher(DOUBTS, ids=list(names))
        },
    }


def own(key, unique):
    return key.replace(unique, "")


@pytest.fixture
def sent(client, unique):
    """A load that one process took, as what the events of its people begin with."""
    for part in load(f"{unique}a"):
        for body in part:
            http_client.ok_json(client.post("/v1/events", json=body))
    return f"{unique}a"


def test_they_come_to_the_graph_of_one(sent, callers, cypher, unique):
    several = f"{unique}b"
    responses = [response for part in load(several) for response in at_once(callers, part)]

    assert {response.status_code for response in responses} == {200}
    assert len({worker(response) for response in responses}) == 2 * WORKERS
    expected = graph(cypher, sent)
    assert graph(cypher, several) == expected
    assert len(expected["customers"]) == len(expected["conflicts"]) == PEOPLE
    assert expected["touchpoints"].total() == PEOPLE * 8


def batches(unique, count, size=50):
    events = [{"event": "x", "externalId": f"{unique}-{n}"} for n in range(size)]
    return [{"events": events}] * count


def test_together_they_let_pass_as_much_as_one(callers, make_redis, unique):
    responses = at_once(callers, batches(unique, 3 * LIMIT // 50))

    statuses = Counter(response.status_code for response in responses)
    assert statuses == {200: LIMIT // 50, 429: 2 * LIMIT // 50}
    refused = [response for response in responses if response.status_code == 429]
    assert all(1 <= int(response.headers["retry-after"]) <= 60 for response in refused)
    assert len({worker(response) for response in responses}) == 2 * WORKERS


def test_a_killed_storage_fails_no_request(
    instances, callers, make_redis, storage, make_key, unique
):
    reader = {"X-API-Key": make_key(api_keys.METRICS_READ)}

    def are_up(count):
        urls = [f"{instance.address}/metrics" for instance in instances]
        metrics = [parse(http_client.get(url, headers=reader).text) for url in urls]
        return [value(scrape, "rate_limit_storage_up") for scrape in metrics] == [count] * 2

    storage.kill()
    responses = at_once(callers, batches(unique, 24, 10))
    assert {response.status_code for response in responses} == {200}
    wait_for(lambda: are_up(0))

    storage.start()
    wait_for(lambda: are_up(1))

    for instance in instances:
        assert instance.log().count('"rate_limit_storage_unavailable"') == WORKERS
        assert instance.log().count('"rate_limit_storage_recovered"') == WORKERS
        assert storage.url not in instance.log()
    with storage.client() as redis:
        at_once(callers, batches(unique, 1, 10))
        assert redis.dbsize() > 1
