"""Shared by the tests of reviews: a data steward, people by name, and merges with their undo."""

import pytest

from app.access import api_keys
from tests.support import http_client


@pytest.fixture(scope="module")
def reviewer(address, make_key):
    """Calls the service with an API key that may write events, read, and review identities."""
    key = make_key(
        api_keys.EVENTS_WRITE,
        api_keys.CONTEXT_READ,
        api_keys.IDENTITY_READ,
        api_keys.IDENTITY_WRITE,
    )
    with http_client.Client(base_url=address, headers={"X-API-Key": key}, timeout=30) as client:
        yield client


@pytest.fixture
def email(unique):
    """The email address of a person, by a name."""
    return lambda name: f"{name}.{unique}@x.com"


@pytest.fixture
def person(ingest, email):
    """Makes a Customer of an email, and gives its id."""
    return lambda name: ingest(email=email(name))["customerId"]


@pytest.fixture
def merge(reviewer):
    """Merges the second Customer into the first, and gives the merge."""

    def run(into, merged, reason="one person"):
        body = {"from": merged, "reason": reason}
        return http_client.ok_json(reviewer.post(f"/v1/customers/{into}/merge", json=body))

    return run


@pytest.fixture
def undo(reviewer):
    """Undoes a merge, and returns the response."""

    def run(merge):
        return http_client.ok_json(reviewer.post(f"/v1/merges/{merge['mergeId']}/undo"))

    return run
