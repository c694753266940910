"""Shared by the tests of the pages for data stewards: their browsers, and two Customers."""

import pytest

from app.access import api_keys
from tests.support import http_client
from tests.support.identity_conflicts import conflict_id
from tests.support.phones import phone_number

SCOPES = (api_keys.CONTEXT_READ, api_keys.IDENTITY_READ, api_keys.IDENTITY_WRITE)


@pytest.fixture(scope="module")
def steward_key(make_key):
    return make_key(*SCOPES)


@pytest.fixture(scope="module")
def browser(address):
    """Returns a browser that has logged in with an API key."""
    clients = []

    def logged_in(key):
        client = http_client.Client(base_url=address, timeout=30)
        clients.append(client)
        assert client.post("/login", data={"key": key}).status_code == 303
        return client

    yield logged_in
    for client in clients:
        client.close()


@pytest.fixture(scope="module")
def steward(browser, steward_key):
    """The browser of a data steward."""
    return browser(steward_key)


@pytest.fixture(scope="module")
def reader(browser, make_key):
    """The browser of a user who may read everything and decide nothing."""
    return browser(make_key(api_keys.CONTEXT_READ, api_keys.IDENTITY_READ))


@pytest.fixture
def two(ingest, unique, phone):
    """Two Customers in conflict: the phone of the second came three times with the email."""
    one = ingest(event="signed_up", email=f"{unique}@acme.com")["customerId"]
    other = ingest(event="call_placed", phone=phone)["customerId"]
    for _ in range(3):
        ingest(event="form_sent", email=f"{unique}@acme.com", phone=phone)
    return one, other


@pytest.fixture
def path(two):
    """The path of the page that compares the two."""
    return f"/conflicts/{conflict_id(*two)}"


@pytest.fixture
def office(ingest, unique):
    """A Customer of two people with one phone, and the name of the phone."""
    phone = phone_number(f"office {unique}")
    ingest(event="form_sent", email=f"ann.{unique}@acme.com", phone=phone)
    customer = ingest(event="form_sent", email=f"bob.{unique}@acme.com", phone=phone)["customerId"]
    return customer, f"phone:{phone}"


@pytest.fixture
def decisions(cypher):
    """How many merges, splits, dismissals, reviews and undos of them a Customer has."""

    def count(customer):
        (row,) = cypher(
            """
            MATCH (:Customer {id: $id})-[change:
              MERGED_INTO|WAS_MERGED_INTO|SPLIT_FROM|NOT_SAME_AS|WAS_NOT_SAME_AS|REVIEWED]-()
            RETURN collect(type(change)) AS types
            """,
            id=customer,
        )
        return sorted(row["types"])

    return count
