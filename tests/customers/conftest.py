"""Fixtures of the tests of reads."""

import pytest

from app.access import api_keys
from tests.support import http_client


@pytest.fixture(scope="module")
def read_context(address, make_key):
    """Asks for a context, and returns the response."""
    with http_client.Client(
        base_url=address, headers={"X-API-Key": make_key(api_keys.CONTEXT_READ)}, timeout=30
    ) as client:
        yield lambda **query: client.post("/v1/context", json=query)


@pytest.fixture
def event_names(page):
    """The names of all events of a timeline, as its pages give them."""

    def of(customer, /, **query):
        response = page(customer, **query)
        names = [touchpoint["event"] for touchpoint in response["touchpoints"]]
        while cursor := response.get("nextCursor"):
            response = page(customer, **query, cursor=cursor)
            names += [touchpoint["event"] for touchpoint in response["touchpoints"]]
        return names

    return of
