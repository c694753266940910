"""Calls of tracking SDKs to the service, as their SDKs send them."""

import base64

import pytest

from tests.support import http_client


@pytest.fixture(scope="module")
def sdk(address, api_key):
    """A client with the write key as the SDKs of today send it."""
    with http_client.Client(base_url=address, headers=basic(api_key)) as client:
        yield client


@pytest.fixture
def send(sdk):
    """Sends calls to a path, `/v1/batch` by default, and returns the response."""

    def post(*calls, path="/v1/batch", **members):
        return sdk.post(path, json={"batch": list(calls)} | members)

    return post


@pytest.fixture
def stored(cypher, unique):
    """The Touchpoints of the Customer of the test's user, in order."""

    def read(user=unique, kind="externalId"):
        return [
            row["t"]
            for row in cypher(
                "MATCH (:Identifier {kind: $kind, value: $user})-[:IDENTIFIES]->(:Customer)"
                "-[:HAS_TOUCHPOINT]->(t:Touchpoint) RETURN t ORDER BY t.id",
                kind=kind,
                user=user,
            )
        ]

    return read


@pytest.fixture
def call(unique):
    """A track call of the test's user."""

    def make(**members):
        return {"type": "track", "event": "Bought", "userId": unique} | members

    return make


def basic(key):
    return {"Authorization": f"Basic {base64.b64encode(f'{key}:'.encode()).decode()}"}
