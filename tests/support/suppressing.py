"""Shared by the tests of the suppression list: a suppression over HTTP, and an event."""

import pytest

from tests.support import http_client


@pytest.fixture
def suppress(caller):
    """Suppresses identifiers, and returns the change."""

    def run(*identifiers, path="/v1/suppressions"):
        body = {"identifiers": identifiers, "reason": "request 1"}
        return http_client.ok_json(caller.post(path, json=body))

    return run


@pytest.fixture
def send(client):
    """Sends one event, and returns the response."""
    return lambda **event: client.post("/v1/events", json={"event": "x", **event})
