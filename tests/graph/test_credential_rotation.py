"""A password or token that is replaced while the service runs."""

import asyncio
import contextlib

import pytest
from msgspec.structs import replace
from structlog.testing import capture_logs

from app.errors import Unavailable
from app.graph.credentials import MAX_AGE_SECONDS
from app.graph.graph import Graph
from tests.support import http_client
from tests.support.forwarder import Forwarder
from tests.support.server import serving, wait_for, wait_until_ready

pytestmark = pytest.mark.anyio
pytest_plugins = ["tests.support.database_users"]

SECOND = "the-second-password"


@pytest.fixture
def password_file(user, tmp_path):
    path = tmp_path / "password"
    path.write_text(f"{user.password}\n")
    return path


@pytest.fixture
def where(database, user, password_file):
    """The database, with the user's password in the file."""
    return replace(database, username=user.name, password=None, password_file=str(password_file))


@pytest.fixture
def address(where):
    with serving(where) as address:
        wait_until_ready(address)
        yield address


@pytest.fixture
async def graph(where):
    """A graph that has one connection, and has it open."""
    graph = Graph(where)
    await graph.read("schema_indexes")
    yield graph
    await graph.close()


async def twice(graph):
    """The results of two concurrent reads, for which a second connection is opened."""
    return await asyncio.gather(
        graph.read("schema_indexes"), graph.read("schema_indexes"), return_exceptions=True
    )


def errors_of(results):
    return [result for result in results if isinstance(result, Exception)]


@pytest.fixture
async def load(address, api_key, unique):
    """Sends events, several at a time, while it is entered; returns the statuses."""
    headers = {"X-API-Key": api_key}
    responses = []

    async def send(client, sender):
        while True:
            event = {"event": "x", "externalId": f"{unique}{sender}"}
            responses.append((await client.post("/v1/events", json=event)).status_code)

    @contextlib.asynccontextmanager
    async def running(senders=4):
        async with http_client.AsyncClient(base_url=address, headers=headers) as client:
            tasks = [asyncio.create_task(send(client, number)) for number in range(senders)]
            yield responses
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    return running


async def more(responses, count=40):
    goal = len(responses) + count
    await asyncio.to_thread(wait_for, lambda: len(responses) >= goal)


async def test_a_password_that_is_changed_in_the_file_first_is_never_missed(
    address, load, user, password_file
):
    async with load() as responses:
        await more(responses)
        password_file.write_text(SECOND)
        await more(responses)
        user.change_password(SECOND)
        await more(responses)

    assert set(responses) == {200}


async def test_a_new_connection_logs_in_with_the_new_password(graph, user, password_file):
    password_file.write_text(SECOND)
    user.change_password(SECOND)

    assert not errors_of(await twice(graph))


async def test_open_connections_last_until_the_file_has_the_new_password(
    graph, user, password_file
):
    user.change_password(SECOND)

    await graph.read("schema_indexes")
    with capture_logs() as records:
        errors = errors_of(await twice(graph))
    assert [type(error) for error in errors] == [Unavailable]
    assert "password" not in str(errors[0])
    assert [record["event"] for record in records] == ["database_access_failed"]

    password_file.write_text(SECOND)
    assert not errors_of(await twice(graph))


async def test_a_new_password_is_taken_up_before_a_connection_needs_it(graph, user, password_file):
    password_file.write_text(SECOND)
    await graph.reload_credentials()  # the database does not want it yet
    await graph.read("schema_indexes")
    user.change_password(SECOND)
    with capture_logs() as records:
        async with asyncio.timeout(60):
            while not records:  # it is checked every five seconds
                await graph.reload_credentials()
                await asyncio.sleep(0.1)
    assert [record["event"] for record in records] == ["credentials_reloaded"]

    password_file.write_text("the next one, which the database does not want yet")

    assert not errors_of(await twice(graph))


async def test_a_health_check_is_not_failed_by_a_new_password(graph, user, password_file):
    password_file.write_text(SECOND)
    user.change_password(SECOND)

    await asyncio.gather(graph.ping(), graph.ping())


async def test_a_locked_user_is_an_outage_and_no_internal_error(database, user):
    graph = Graph(replace(database, username=user.name, password="a wrong one"), 0.5)

    reads = (graph.read("schema_indexes") for _ in range(6))
    done = await asyncio.gather(*reads, return_exceptions=True)

    await graph.close()
    assert [result for result in done if not isinstance(result, Unavailable)] == []
    patient = Graph(replace(database, username=user.name, password="a wrong one"))
    with pytest.raises(Unavailable, match="too many times in a row"):
        await patient.ping()
    await patient.close()


async def test_a_token_is_sent_and_replaced_by_the_next_one(database, tmp_path):
    token = tmp_path / "token"
    token.write_text("the-first-token\n")
    with Forwarder(database.uri) as forwarder:
        where = replace(database, uri=forwarder.uri, password=None, token_file=str(token))
        graph = Graph(where)
        # Neo4j Community knows no tokens.
        with pytest.raises(PermissionError):
            await graph.ping()
        assert b"bearer" in forwarder.heard
        assert b"the-first-token" in forwarder.heard
        assert b"basic" not in forwarder.heard

        token.write_text("the-second-token\n")
        await asyncio.sleep(MAX_AGE_SECONDS)
        with pytest.raises(PermissionError):
            await graph.ping()

        assert b"the-second-token" in forwarder.heard
        await graph.close()
