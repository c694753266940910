"""The live feed has a bounded number of streams for each API key."""

from typing import Any, cast

import pytest
from starlette.requests import Request

from app.access.authenticator import ApiKey
from app.access.guard import Guard
from app.activity.ring import Ring
from app.activity.stream import ActivityStream
from app.errors import TooManyStreams
from app.http.endpoints import Call
from app.http.live_feed import LiveFeed, LiveQuery

pytestmark = pytest.mark.anyio

GUARD = cast("Guard", None)  # it is not asked before the first second
API_KEY = ApiKey("key_x", "x", "key_x", frozenset(), None, False)


@pytest.fixture
def open_stream():
    """Opens a stream of a feed that has place for one."""
    feed = LiveFeed(ActivityStream(Ring("0a")), GUARD, max_streams=1)
    request = Request({"type": "http", "headers": []})
    return lambda: feed.open(Call(request, API_KEY, LiveQuery(), GUARD), None)


async def respond(stream, method, send):
    scope: dict[str, Any] = {"type": "http", "method": method, "state": {}}

    async def receive():
        return {"type": "http.disconnect"}

    await stream(scope, receive, send)


async def take(_):
    """Takes a message of the response."""


async def leave(_):
    """Is gone."""
    raise ConnectionError


async def test_streams_that_open_at_the_same_time_stay_within_the_limit(open_stream):
    open_stream()  # it has sent nothing yet

    with pytest.raises(TooManyStreams):
        open_stream()


@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_a_response_that_ended_leaves_its_place(open_stream, method):
    await respond(open_stream(), method, take)

    assert open_stream()


async def test_a_client_that_left_before_the_first_byte_leaves_its_place(open_stream):
    with pytest.raises(ConnectionError):
        await respond(open_stream(), "GET", leave)

    assert open_stream()
