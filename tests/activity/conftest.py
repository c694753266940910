"""Readers of the live stream, for its tests."""

import contextlib

import httpx2
import pytest

from app.access import api_keys
from tests.support.event_stream import LiveReader


@pytest.fixture(scope="session")
def reader_key(make_key):
    """An API key that may read what arrives."""
    return make_key(api_keys.EVENTS_READ)


@pytest.fixture
def follow(address, reader_key):
    """Opens the stream of the shared service, or of another one, and returns its reader."""
    with contextlib.ExitStack() as stack:

        def open_stream(at=address, key=reader_key, headers=(), **parameters):
            return stack.enter_context(LiveReader(at, key, dict(headers), parameters))

        yield open_stream


@pytest.fixture
def caller(address, api_key):
    """Calls the shared service."""
    with httpx2.Client(base_url=address, headers={"X-API-Key": api_key}, timeout=60) as client:
        yield client


@pytest.fixture
def post(caller):
    """Sends a body with headers, and returns the response."""

    def send(body, **headers):
        return caller.post("/v1/events", json=body, headers=headers)

    return send
