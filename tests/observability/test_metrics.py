"""The metrics, each of them on a service that was used, and the dashboard that shows them."""

import asyncio
import json
import re
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import pytest
from neo4j.exceptions import Neo4jError
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families
from structlog.testing import capture_logs

from app.access import api_keys
from app.access.authenticator import MAX_AGE_SECONDS
from app.graph.bolt.errors import LOST_RACE, retry_reason
from app.graph.connection import Database
from app.graph.graph import Graph
from app.ingest import group_commit
from app.ingest.group_commit import GroupCommit
from app.ingest.write_queue import AtomicGroup
from app.observability.kafka_metrics import KafkaMetrics
from app.observability.metrics import Metrics
from app.settings import Settings
from tests.support import http_client
from tests.support.alert_rules import RULES
from tests.support.checkout import CHECKOUT
from tests.support.forwarder import Forwarder
from tests.support.metrics import parse, scrape, value
from tests.support.server import serving, wait_for, wait_until_ready

DASHBOARD = CHECKOUT / "docs" / "grafana" / "waypath.json"


@pytest.fixture(scope="module")
def key(make_key):
    """A key that may read the metrics."""
    return make_key(api_keys.METRICS_READ)


@pytest.fixture
def grown(address, key):
    """By how much a metric of the service has grown since the test began."""
    before = scrape(address, key)

    def by(name, **labels):
        return value(scrape(address, key), name, **labels) - value(before, name, **labels)

    return by


def test_a_request_is_counted_by_its_method_route_template_and_status(address, make_key, grown):
    reader = {"X-API-Key": make_key(api_keys.CONTEXT_READ)}
    for _ in range(2):
        http_client.get(f"{address}/v1/customers/cus_nobody/timeline", headers=reader)

    labels = {"method": "GET", "route": "/v1/customers/{id}/timeline", "status": "404"}
    assert grown("http_requests_total", **labels) == 2


def test_a_body_that_takes_too_long_is_counted_as_408(database, key, api_key):
    head = f"POST /v1/events HTTP/1.1\r\nHost: x\r\nX-API-Key: {api_key}\r\n"
    head += "Content-Type: application/json\r\nContent-Length: 9\r\n\r\n"
    with serving(database, body_timeout=0.3) as address:
        wait_until_ready(address)
        url = urlsplit(address)
        with socket.create_connection((url.hostname, url.port), timeout=30) as connection:
            connection.sendall(head.encode())
            while connection.recv(4096):
                pass

        labels = {"method": "POST", "route": "/v1/events", "status": "408"}
        wait_for(lambda: value(scrape(address, key), "http_requests_total", **labels) == 1)


def test_a_request_of_another_method_is_counted_on_its_route(address, grown):
    http_client.delete(f"{address}/v1/events")

    assert grown("http_requests_total", method="DELETE", route="/v1/events", status="405") == 1


def test_methods_that_no_route_takes_are_one_series(address, key, grown):
    for method in ("PROPFIND", "REPORT"):
        http_client.request(method, f"{address}/v1/events")

    labels = {"route": "/v1/events", "status": "405"}
    assert grown("http_requests_total", method="_OTHER", **labels) == 2
    assert not [series for series in scrape(address, key) if "PROPFIND" in str(series)]


def test_paths_that_lead_nowhere_are_one_series(address, key, grown, unique):
    for n in range(3):
        http_client.get(f"{address}/{unique}/{n}")

    assert grown("http_requests_total", method="GET", route="none", status="404") == 3
    assert not [series for series in scrape(address, key) if unique in str(series)]


def test_how_long_a_request_takes_is_measured_by_route(ingest, grown, unique):
    ingest(externalId=unique)

    labels = {"method": "POST", "route": "/v1/events"}
    assert grown("http_request_duration_seconds_count", **labels) == 1
    assert grown("http_request_duration_seconds_bucket", **labels, le="+Inf") == 1
    assert grown("http_request_duration_seconds_sum", **labels) > 0


def test_events_are_counted_by_their_resolution(ingest, grown, unique):
    response = ingest(email=f"{unique}@x.com", externalId=unique)
    ingest([{"event": "x", "email": f"{unique}@x.com"} for _ in range(3)])
    ingest(externalId=unique)
    ingest(customer=response["customerId"])

    assert grown("events_total", outcome="stored", resolved_by="new") == 1
    assert grown("events_total", outcome="stored", resolved_by="email") == 3
    assert grown("events_total", outcome="stored", resolved_by="externalId") == 1
    assert grown("events_total", outcome="stored", resolved_by="customer") == 1


def test_events_that_were_there_before_are_counted_apart(client, grown, unique):
    for _ in range(2):
        client.post(
            "/v1/events",
            json={"event": "x", "externalId": unique},
            headers={"Idempotency-Key": unique},
        )

    assert grown("events_total", outcome="stored", resolved_by="new") == 1
    assert grown("events_total", outcome="replayed", resolved_by="new") == 1


def test_a_key_used_again_for_other_events_is_counted(client, grown, unique):
    for name in ("x", "y"):
        client.post(
            "/v1/events",
            json={"event": name, "externalId": unique},
            headers={"Idempotency-Key": unique},
        )

    assert grown("events_total", outcome="idempotency_conflict", resolved_by="") == 1


def test_all_events_of_a_rejected_request_are_counted_as_rejected(client, grown, unique):
    client.post("/v1/events", json={"events": [{"event": "x", "externalId": unique}, {}]})

    assert grown("events_total", outcome="invalid_payload", resolved_by="") == 2
    assert grown("events_total", outcome="stored", resolved_by="new") == 0


def test_of_a_lenient_request_only_the_invalid_events_are_counted_as_rejected(
    client, grown, unique
):
    client.post(
        "/v1/events",
        json={"events": [{"event": "x", "externalId": unique}, {}]},
        headers={"Prefer": "handling=lenient"},
    )

    assert grown("events_total", outcome="invalid_payload", resolved_by="") == 1
    assert grown("events_total", outcome="stored", resolved_by="new") == 1


@pytest.fixture
def three(ingest, unique, phone):
    """Three people, each known by one identifier."""
    people = [
        {"email": f"{unique}@acme.com"},
        {"phone": phone},
        {"externalId": unique},
    ]
    ingest([{"event": "x", **person} for person in people])
    return people


def test_each_key_that_identified_another_customer_is_a_conflict(ingest, three, cypher, grown):
    one, two, three = three
    customer = ingest(**one)["customerId"]
    ingest([{"event": "x", **one, **two, **three}, {"event": "x", **one, **three}])
    ingest(**one, **two)

    assert grown("identity_conflicts_total") == 4
    (row,) = cypher(
        "MATCH (:Customer {id: $id})-[c:MAY_BE_SAME_AS]-() RETURN sum(c.count) AS count",
        id=customer,
    )
    assert row["count"] == 4


def test_keys_that_agree_or_are_new_are_no_conflict(ingest, three, grown, unique):
    one, _, _ = three
    for _ in range(2):
        ingest(**one, externalId=f"{unique}-2")

    assert grown("identity_conflicts_total") == 0


def test_a_retried_conflict_counts_once(client, three, grown, unique):
    event = {"event": "x", **three[0], **three[1], "idempotencyKey": unique}
    for _ in range(3):
        assert client.post("/v1/events", json=event).status_code == 200

    assert grown("identity_conflicts_total") == 1


def test_a_commit_is_measured_by_its_events_and_its_time(ingest, grown, unique):
    ingest([{"event": "x", "externalId": unique} for _ in range(7)])

    assert (grown("commit_size_events_count"), grown("commit_size_events_sum")) == (1, 7)
    assert grown("commit_duration_seconds_count") == 1
    assert grown("commit_duration_seconds_sum") > 0


@pytest.mark.anyio
async def test_the_queue_length_is_the_number_of_waiting_events():
    metrics, release = Metrics(), asyncio.Event()

    async def write(groups, deadline):
        await release.wait()
        return [row for group in groups for row in group.rows]

    commits = GroupCommit(write, 30, metrics)
    async with asyncio.TaskGroup() as tasks:
        writers = tasks.create_task(commits.run())
        sent = []
        for count in (*[1] * group_commit.WRITERS, 3, 4):
            sent.append(tasks.create_task(commits.submit([AtomicGroup([{}] * count)], 1)))
            await asyncio.sleep(0.01)
        full = parse(metrics.render().decode())
        release.set()
        await asyncio.gather(*sent)
        writers.cancel()

    assert value(full, "ingest_queue_events") == 7
    assert value(parse(metrics.render().decode()), "ingest_queue_events") == 0


@pytest.mark.anyio
async def test_a_statement_that_runs_again_is_counted_with_the_reason(database):
    metrics = Metrics()
    with Forwarder(database.uri) as forwarder:
        behind = Database(forwarder.uri, database.username, database.password, database.name)
        graph = Graph(behind, metrics=metrics)
        await graph.read("schema_indexes")
        forwarder.close()
        read = asyncio.create_task(graph.read("schema_indexes"))

        def retries():
            return value(
                parse(metrics.render().decode()), "statement_retries_total", reason="connection"
            )

        await asyncio.to_thread(wait_for, lambda: retries() > 0)
        forwarder.open()

        assert await read
        await graph.close()


@pytest.mark.parametrize(
    "query",
    [
        f"RETURN point({{x: 0, y: 0, crs: '{LOST_RACE}'}})",
        "CREATE (:ApiKey {id: $unique}), (:ApiKey {id: $unique})",
    ],
)
def test_a_lost_race_is_a_reason(driver, database, unique, query):
    with driver.session(database=database.name) as session, pytest.raises(Neo4jError) as raised:
        session.run(query, unique=unique).consume()

    assert retry_reason(raised.value) == "race"


def test_a_deadlock_is_a_reason(driver, database, cypher, unique):
    cypher("UNWIND [1, 2] AS n CREATE (:Lock {name: $unique, n: n})", unique=unique)
    lock = "MATCH (lock:Lock {name: $unique, n: $n}) SET lock.isHeld = true"
    both = threading.Barrier(2, timeout=30)

    def hold(first, second):
        with (
            driver.session(database=database.name) as session,
            session.begin_transaction() as transaction,
        ):
            transaction.run(lock, unique=unique, n=first).consume()
            both.wait()
            transaction.run(lock, unique=unique, n=second).consume()

    with ThreadPoolExecutor() as pool:
        held = [pool.submit(hold, 1, 2), pool.submit(hold, 2, 1)]
        errors = [future.exception() for future in held]

    cypher("MATCH (lock:Lock {name: $unique}) DELETE lock", unique=unique)
    assert [retry_reason(error) for error in errors if error] == ["deadlock"]


def test_calls_above_the_limit_of_their_api_key_are_counted(database, api_key, key, unique):
    events = {"events": [{"event": "x", "externalId": unique} for _ in range(10)]}
    with serving(database, Settings(rate_limit=10)) as address:
        wait_until_ready(address)
        for _ in range(3):
            http_client.post(f"{address}/v1/events", json=events, headers={"X-API-Key": api_key})

        assert value(scrape(address, key), "rate_limited_requests_total") == 2


def test_a_known_api_key_sees_that_the_database_is_unavailable(database, key):
    with Forwarder(database.uri) as forwarder:
        behind = Database(forwarder.uri, database.username, database.password, database.name)
        with serving(behind) as address:
            wait_until_ready(address)
            assert value(scrape(address, key), "database_up") == 1

            with capture_logs() as records:
                forwarder.close()
                time.sleep(MAX_AGE_SECONDS)  # then the key is looked up again
                wait_for(lambda: http_client.get(f"{address}/readyz").status_code == 503)
            assert "database_unavailable" in [record["event"] for record in records]
            wait_for(lambda: value(scrape(address, key), "database_up") == 0)

            forwarder.open()
            wait_for(lambda: value(scrape(address, key), "database_up") == 1)


def test_an_unknown_api_key_sees_nothing_while_the_database_is_unavailable(database, key):
    with Forwarder(database.uri) as forwarder:
        forwarder.close()
        behind = Database(forwarder.uri, database.username, database.password, database.name)
        with serving(behind) as address:
            response = http_client.get(f"{address}/metrics", headers={"X-API-Key": key})

    assert (response.status_code, response.json()["error"]["code"]) == (503, "unavailable")


def test_a_scrape_is_text_of_prometheus(address, key):
    response = http_client.get(f"{address}/metrics", headers={"X-API-Key": key})

    assert response.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"


@pytest.fixture
def served(address, key, ingest, unique):
    """The names of all series of a service that was used and of a consumer, with their labels."""
    ingest(externalId=unique)
    text = http_client.get(f"{address}/metrics", headers={"X-API-Key": key}).text
    return _series(text) | _series(_of_a_consumer())


def _of_a_consumer():
    registry = CollectorRegistry()
    metrics = KafkaMetrics(registry)
    metrics.initialise(("events",))
    metrics.set_lag("events", 0, 1)
    return generate_latest(registry).decode()


def _series(text):
    endings = {"counter": ["_total"], "histogram": ["_bucket", "_sum", "_count"]}
    names = {}
    for family in text_string_to_metric_families(text):
        names |= {family.name + ending: set() for ending in endings.get(family.type, [""])}
        for sample in family.samples:
            names[sample.name] |= sample.labels.keys()
    return names


QUERIES = [
    target["expr"]
    for panel in json.loads(DASHBOARD.read_text())["panels"]
    for target in panel["targets"]
]
ALERTS = [rule["expr"] for rule in RULES]


@pytest.mark.parametrize("query", [*QUERIES, *ALERTS])
def test_a_query_of_the_dashboard_or_an_alert_uses_existing_metrics(served, query):
    names = re.findall(r"\bwaypath_\w+", query)
    compared = re.findall(r"(\w+)(?:=|!=|=~|!~)\"", query)
    grouped = re.findall(r"\w+", " ".join(re.findall(r"(?:by|on) \(([^)]*)\)", query)))

    assert names or "up{" in query  # the metric of Prometheus about a scrape
    assert set(names) <= served.keys()
    # Prometheus itself adds the first two to each scrape.
    known = {"job", "instance"}.union(*(served.get(name, ()) for name in names))
    assert {*compared, *grouped} <= known


def test_the_dashboard_shows_every_metric(served):
    shown = " ".join(QUERIES)

    assert not [name for name in served if re.sub("_(bucket|sum|count)$", "", name) not in shown]
