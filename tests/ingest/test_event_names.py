"""The warning of an event whose name is similar to a frequent one."""

import asyncio
from functools import partial

import pytest

from app.access import api_keys
from app.activity.event_names import EventNameSuggestions
from app.activity.overview import OverviewReader
from tests.support import event_statistics, http_client
from tests.support.event_stream import LiveReader
from tests.support.mcp_client import over_http
from tests.support.server import serving, wait_for, wait_until_ready

COUNT = 4000
WARNING = {
    "path": "event",
    "code": "similar_event_name",
    "message": "a similar name is much more frequent; did you mean webinar_joined?",
}


@pytest.fixture(scope="module")
def counted(address, database):
    """The statistics of a name with many events, of an earlier day, are in the graph."""
    event_statistics.write(database, "webinar_joined", COUNT)


@pytest.fixture(scope="module")
def service(database, counted, make_key):
    """A service that has read the statistics, and an API key for it."""
    key = make_key(*api_keys.SCOPES)
    with serving(database) as address:
        wait_until_ready(address)
        headers = {"X-API-Key": key}
        post = partial(http_client.post, f"{address}/v1/events", headers=headers)
        dry = {"event": "webinar_join", "email": "a@acme.com"}
        wait_for(lambda: "warnings" in post(json=dry, params={"dryRun": "true"}).json())
        yield address, key


@pytest.fixture
def send(service):
    """Sends events, and returns the body of the response."""
    address, key = service

    def send(body, **arguments):
        response = http_client.post(
            f"{address}/v1/events", json=body, headers={"X-API-Key": key}, **arguments
        )
        return http_client.ok_json(response)

    return send


@pytest.fixture
def misspelt(unique):
    return {"event": "webinar_joind", "email": f"{unique}@acme.com"}


def test_a_misspelt_name_is_stored_with_a_warning(send, misspelt):
    result = send(misspelt)

    assert result["eventId"]
    assert result["warnings"] == [WARNING]


def test_a_frequent_name_has_no_warning(send, misspelt):
    assert "warnings" not in send(misspelt | {"event": "webinar_joined"})


def test_a_batch_has_the_path_of_the_event(send, misspelt):
    events = [misspelt | {"event": "webinar_joined"}, misspelt | {"externalId": "null"}]

    first, second = send({"events": events})["results"]

    assert "warnings" not in first
    assert [each["path"] for each in second["warnings"]] == [
        *("events[1].externalId", "events[1].event")
    ]


def test_a_dry_run_has_the_warning(send, misspelt):
    assert send(misspelt, params={"dryRun": "true"})["warnings"] == [WARNING]


def test_a_replay_has_the_warning_of_the_first_response(send, misspelt, unique):
    event = misspelt | {"idempotencyKey": unique}

    assert send(event) == send(event)


@pytest.mark.anyio
async def test_a_tool_returns_the_warning(service, misspelt):
    address, key = service
    async with over_http(address, {"X-API-Key": key}) as client:
        result = await client.call_tool("ingest_event", misspelt)

    assert result.structured_content["warnings"] == [WARNING]


def test_the_live_stream_has_the_warning(service, send, misspelt):
    address, key = service
    with LiveReader(address, key, {}, {"customer": misspelt["email"]}) as reader:
        send(misspelt)

        assert reader.record()["warnings"] == [WARNING]


@pytest.mark.usefixtures("counted")
@pytest.mark.anyio
async def test_names_are_suggested_after_the_statistics_are_read(graph):
    names = EventNameSuggestions(OverviewReader(graph))

    before = names.suggest("webinar_joind")
    await names.refresh()

    assert (before, names.suggest("webinar_joind")) == (None, "webinar_joined")


@pytest.mark.usefixtures("counted")
@pytest.mark.anyio
async def test_the_statistics_are_read_once_neo4j_is_available(graph):
    graph.disable()
    names = EventNameSuggestions(OverviewReader(graph), interval=3600, retry_interval=0.01)
    watching = asyncio.create_task(names.watch())
    await asyncio.sleep(0)  # the first read fails

    graph.enable()

    async with asyncio.timeout(30):
        while names.suggest("webinar_joind") is None:  # noqa: ASYNC110 - the copy has no event
            await asyncio.sleep(0.01)
    watching.cancel()
