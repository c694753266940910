"""The plain statement with which the benchmark compares the service's own."""

import uuid

import pytest

from app.access import api_keys
from bench import plain
from bench.fill import CYPHER
from tests.support import http_client

STATEMENT = (CYPHER / "plain.cypher").read_text()


@pytest.fixture
def write(cypher, address):
    def run(*events):
        rows = [
            plain.row({"event": "page_viewed", "timestamp": "2026-04-29T10:14:32Z", **event})
            for event in events
        ]
        return cypher(STATEMENT, events=rows)[0]["outcomes"]

    return run


@pytest.fixture
def person():
    name = uuid.uuid4().hex
    return {"email": f"{name}@example.com", "externalId": name, "properties": {}}


def test_it_resolves_an_event_to_the_customer_that_an_earlier_event_created(write, person):
    (first, resolved_first), (second, resolved_second) = write(person, person)

    assert (resolved_first, resolved_second) == ("new", "email")
    assert first == second


def test_it_attaches_a_new_identifier_to_a_known_customer(write, person):
    email, external_id = dict(person), dict(person)
    del email["externalId"], external_id["email"]
    (customer, _), _, (last, resolved) = write(email, person, external_id)

    assert (last, resolved) == (customer, "externalId")


def test_the_service_reads_what_it_stored(write, person, client, make_key):
    ((customer, _),) = write({**person, "properties": {"utm": {"source": "bing"}}})

    response = client.get(
        f"/v1/customers/{customer}/timeline",
        headers={"X-API-Key": make_key(api_keys.CONTEXT_READ)},
    )

    (touchpoint,) = http_client.ok_json(response)["touchpoints"]
    assert touchpoint["properties"] == {"utm": {"source": "bing"}}
