"""Shared by the tests of erasures: an API key with every scope, and an erasure over HTTP."""

import pytest

from app.access import api_keys
from tests.support import http_client


@pytest.fixture(scope="module")
def caller(address, make_key):
    """Calls the service with an API key that has every scope."""
    headers = {"X-API-Key": make_key(*api_keys.SCOPES)}
    with http_client.Client(base_url=address, headers=headers) as client:
        yield client


@pytest.fixture
def erase(caller):
    """Erases a Customer, and returns the response. With suppression, its end takes minutes."""

    def run(customer, **query):
        if "suppress" in query:
            response = caller.delete(f"/v1/customers/{customer}", params=query)
            assert response.status_code in (200, 202), response.text
            return response.json()
        # On a busy host it takes longer than a call waits.
        calls = (caller.delete(f"/v1/customers/{customer}", params=query) for _ in range(10))
        return http_client.ok_json(
            next(response for response in calls if response.status_code != 202)
        )

    return run
