"""`neo4j://`: a server that is asked which member of its cluster takes what."""

import pytest
from msgspec.structs import replace

from app.access import api_keys
from app.graph.graph import Graph
from app.graph.liveness import Liveness
from tests.support import http_client
from tests.support.faults.bolt import READ_MODE
from tests.support.forwarder import Forwarder
from tests.support.server import serving, wait_until_ready

pytestmark = pytest.mark.anyio

ROUTE = b"\xb3\x66"  # the message that asks
BOOKMARK = b"FB:"


@pytest.fixture
def forwarder(database):
    with Forwarder(database.uri) as forwarder:
        yield forwarder


@pytest.fixture
async def heard(database, forwarder, api_key):
    """The messages of a read that follows a write, as a server receives them."""

    async def of(scheme, reads="leader"):
        uri = forwarder.uri.replace("bolt", scheme)
        graph = Graph(replace(database, uri=uri, reads=reads))
        await graph.write("api_key_revoke", id="key_nobody")
        written = len(forwarder.heard)
        await graph.read("api_keys_by_hash", hashes=[])
        await graph.close()
        return forwarder.heard[:written], forwarder.heard[written:]

    return of


async def test_a_member_is_asked_for_only_where_there_may_be_several(heard):
    assert ROUTE not in (await heard("bolt"))[0]
    assert ROUTE in (await heard("neo4j"))[0]


async def test_a_cluster_is_read_where_it_is_written(heard):
    _, reading = await heard("neo4j")

    assert READ_MODE not in reading


async def test_followers_read_where_that_is_wished(heard):
    _, reading = await heard("neo4j", "followers")

    assert READ_MODE in reading


@pytest.mark.parametrize("reads", ["leader", "followers"])
async def test_a_read_waits_for_the_writes_of_the_process(heard, reads):
    writing, reading = await heard("neo4j", reads)

    assert BOOKMARK not in writing
    assert BOOKMARK in reading


@pytest.mark.parametrize("reads", ["leader", "followers"])
async def test_a_single_server_gets_no_bookmark(heard, reads):
    _, reading = await heard("bolt", reads)

    assert BOOKMARK not in reading
    assert READ_MODE in reading


async def test_writes_before_an_outage_are_not_waited_for(database, forwarder, api_key):
    graph = Graph(replace(database, uri=forwarder.uri.replace("bolt", "neo4j")))
    await graph.write("api_key_revoke", id="key_nobody")
    await graph.reconnect()
    written = len(forwarder.heard)

    await graph.read("api_keys_by_hash", hashes=[])

    assert BOOKMARK not in forwarder.heard[written:]
    await graph.close()


async def test_a_health_check_waits_for_no_write(database, forwarder, api_key):
    graph = Graph(replace(database, uri=forwarder.uri.replace("bolt", "neo4j"), reads="followers"))
    await graph.write("api_key_revoke", id="key_nobody")
    written = len(forwarder.heard)

    await graph.ping()

    traffic = forwarder.heard[written:]
    assert traffic
    assert BOOKMARK not in traffic
    assert READ_MODE not in traffic  # only the leader can write
    await graph.close()


@pytest.fixture
async def watched(database, api_key, monkeypatch):
    """How many attempts at a reading the service would look for among the leader's transactions."""
    attempts = []
    attempt = Liveness.attempt

    def note(liveness, scope):
        attempts.append(liveness)
        return attempt(liveness, scope)

    monkeypatch.setattr(Liveness, "attempt", note)

    async def of(reads):
        uri = database.uri.replace("bolt", "neo4j")
        graph = Graph(replace(database, uri=uri, reads=reads))
        await graph.read("schema_indexes")
        await graph.close()
        # Services of other tests read as well, in this process.
        return attempts.count(graph._client._liveness)

    return of


async def test_a_reading_is_looked_for_at_the_leader_only_if_it_runs_there(watched):
    assert await watched("leader") >= 1
    assert await watched("followers") == 0


@pytest.fixture(scope="module", params=["leader", "followers"])
def client(request, database, make_key):
    """Calls a service that reaches its database by `neo4j://`."""
    uri = database.uri.replace("bolt://", "neo4j://")
    key = make_key(
        api_keys.EVENTS_WRITE,
        api_keys.CONTEXT_READ,
        api_keys.IDENTITY_READ,
        api_keys.IDENTITY_WRITE,
    )
    with serving(replace(database, uri=uri, reads=request.param)) as address:
        wait_until_ready(address)
        with http_client.Client(base_url=address, headers={"X-API-Key": key}) as client:
            yield client


def send(client, **event):
    response = client.post("/v1/events", json={"event": "x", **event})
    assert response.status_code == 200, response.text
    return response.json()["customerId"]


def test_a_returned_event_is_readable_at_once(client, unique):
    for number in range(20):
        customer = send(client, externalId=f"{unique}-{number}")
        context = client.post("/v1/context", json={"externalId": f"{unique}-{number}"})
        timeline = client.get(f"/v1/customers/{customer}/timeline")

        assert context.json()["customerId"] == customer
        assert len(timeline.json()["touchpoints"]) == 1


def test_a_merge_and_its_undo_read_their_own_writes(client, unique):
    one, other = (send(client, externalId=f"{unique}-{name}") for name in "ab")
    merge = client.post(
        f"/v1/customers/{one}/merge", json={"from": other, "reason": "the same person"}
    )
    assert client.post("/v1/context", json={"customer": other}).json()["customerId"] == one

    undone = client.post(f"/v1/merges/{merge.json()['mergeId']}/undo")

    assert undone.status_code == 200
    assert client.post("/v1/context", json={"customer": other}).json()["customerId"] == other


def test_many_at_once_are_served(client, unique):
    batch = {"events": [{"event": "x", "externalId": f"{unique}-{n % 7}"} for n in range(300)]}

    response = client.post("/v1/events", json=batch)

    assert response.json()["accepted"] == 300
