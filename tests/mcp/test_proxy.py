"""`waypath mcp --url`: one agent over stdio, by a service over HTTP and without a database."""

import asyncio

import pytest
from mcp.shared.exceptions import MCPError
from mcp_types import PromptReference

from app.access import api_keys
from app.settings import Settings
from tests.support.mcp_client import EXAMPLE, forwarding, over_http
from tests.support.server import is_reachable, serving, wait_for, wait_until_ready

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
async def client(address, key, revocable_key):
    """A client of the command, which forwards to the shared service."""
    async with forwarding(address, key) as client:
        yield client


@pytest.fixture(scope="module")
async def direct(address, key):
    """A client of the shared service."""
    async with over_http(address, {"X-API-Key": key}) as client:
        yield client


@pytest.mark.parametrize(
    "method", ["list_tools", "list_prompts", "list_resources", "list_resource_templates"]
)
async def test_a_list_is_that_of_the_service(client, direct, method):
    assert await getattr(client, method)() == await getattr(direct, method)()


async def test_the_server_has_the_name_and_instructions_of_the_service(client, direct):
    assert (client.server_info, client.instructions) == (direct.server_info, direct.instructions)


async def test_a_result_is_that_of_the_service(client, direct, unique):
    stored = await client.call_tool("ingest_event", EXAMPLE | {"email": f"{unique}@acme.com"})
    customer = {"customer": stored.structured_content["customerId"]}

    assert await client.call_tool("get_context", customer) == await direct.call_tool(
        "get_context", customer
    )


async def test_an_error_of_a_tool_is_that_of_the_service(client, direct):
    assert await client.call_tool("ingest_event", {}) == await direct.call_tool("ingest_event", {})


async def test_an_error_of_the_protocol_is_that_of_the_service(client):
    with pytest.raises(MCPError, match="Unknown tool drop_database") as raised:
        await client.call_tool("drop_database", {})

    assert raised.value.error.code == -32602


async def test_a_resource_is_that_of_the_service(client, direct):
    uri = "waypath://glossary"

    assert await client.read_resource(uri) == await direct.read_resource(uri)


async def test_a_prompt_is_that_of_the_service(client, direct):
    prompt = ("log_action", {"action": "called"})

    assert await client.get_prompt(*prompt) == await direct.get_prompt(*prompt)


@pytest.fixture
def counted(cypher, address):
    """A name of events in the statistics."""
    name = "proxied_completion"
    cypher(
        """
        MERGE (b:ActivityBucket {
          kind: 'day', at: datetime.truncate('day', datetime() - duration('P25D'))
        })
        SET b += {stored: 1, newCustomers: 0, rejected: 0, names: [$name], counts: [1]}
        """,
        name=name,
    )
    return name


async def test_a_completion_is_that_of_the_service(client, counted):
    argument = {"name": "event", "value": counted[:-1]}

    result = await client.complete(PromptReference(name="log_action"), argument)

    assert result.completion.values == [counted]


async def test_an_identifier_is_detached_by_the_toolset_of_the_service(database, key, unique):
    with serving(database, Settings(mcp_toolset_names="identity")) as address:
        wait_until_ready(address)
        async with forwarding(address, key) as client:
            event = EXAMPLE | {"email": f"{unique}@acme.com", "externalId": unique}
            customer = (await client.call_tool("ingest_event", event)).structured_content
            arguments = {"customer": customer["customerId"], "externalId": unique}
            preview = await client.call_tool("preview_move", arguments)
            detach = await client.call_tool("detach_identifier", arguments | {"reason": "x"})
            undo = {"moveId": detach.structured_content["moveId"], "reason": "a mistake"}
            undone = await client.call_tool("undo_move", undo)

    assert preview.structured_content["from"] == customer["customerId"]
    assert undone.structured_content["deleted"]


async def test_a_service_that_was_killed_is_used_again_after_its_restart(serve, key):
    process, address = serve()
    await asyncio.to_thread(wait_until_running, address)
    async with forwarding(address, key) as client:
        before = await client.call_tool("ingest_event", EXAMPLE)
        process.kill()
        await asyncio.to_thread(process.communicate)
        during = await client.call_tool("ingest_event", EXAMPLE)
        with pytest.raises(MCPError, match="Cannot reach"):
            await client.list_prompts()
        serve()
        await asyncio.to_thread(wait_until_running, address)
        after = await client.call_tool("ingest_event", EXAMPLE)

    error = during.structured_content["error"]
    assert (before.is_error, during.is_error, after.is_error) == (False, True, False)
    assert (error["code"], error["retryAfter"]) == ("unavailable", 1)
    assert error["message"].startswith(f"Cannot reach {address}: ")


@pytest.fixture(scope="module")
def revocable_key(make_key):
    return make_key(api_keys.CONTEXT_READ)


async def test_an_api_key_that_is_revoked_is_an_error_of_a_later_call(
    address, revocable_key, cypher
):
    key = revocable_key
    async with forwarding(address, key) as client:
        cypher(
            "MATCH (k:ApiKey {hash: $hash}) SET k.revokedAt = datetime()", hash=api_keys.digest(key)
        )
        async with asyncio.timeout(30):  # until the service reads its API keys again
            code = "unknown_customer"
            while code == "unknown_customer":
                result = await client.call_tool("get_context", {"customer": "cus_none"})
                code = result.structured_content["error"]["code"]

    assert code == "unauthenticated"


def wait_until_running(address):
    wait_for(lambda: is_reachable(address))
    wait_until_ready(address)


@pytest.fixture
def mcp(cli):
    """Runs the command to its end, with these options, without a setting of a database."""

    def run(*options, **variables):
        return cli("mcp", *options, NEO4J_URI="", **variables)

    return run


def test_an_unknown_api_key_ends_the_command(mcp, address):
    ended = mcp("--url", address, WAYPATH_API_KEY=api_keys.generate())

    assert (ended.returncode, ended.stdout) == (1, "")
    assert "WAYPATH_API_KEY: The API key is unknown" in ended.stderr


def test_a_service_that_cannot_be_reached_ends_the_command(mcp, key, free_port):
    ended = mcp(WAYPATH_URL=f"http://127.0.0.1:{free_port}", WAYPATH_API_KEY=key)

    assert (ended.returncode, ended.stdout) == (1, "")
    assert f"Cannot reach http://127.0.0.1:{free_port}: " in ended.stderr
    assert "Traceback" not in ended.stderr


def test_the_api_key_can_be_in_a_file(mcp, address, key, tmp_path):
    file = tmp_path / "key"
    file.write_text(f"{key}\n")

    ended = mcp("--url", address, "--api-key-file", str(file), WAYPATH_API_KEY="")

    assert (ended.returncode, ended.stderr) == (0, "")


def test_two_places_of_the_api_key_are_wrong_usage(mcp, address, key, tmp_path):
    (tmp_path / "key").write_text(key)

    ended = mcp("--url", address, "--api-key-file", str(tmp_path / "key"), WAYPATH_API_KEY=key)

    assert ended.returncode == 2


def test_a_url_without_a_scheme_is_wrong_usage(mcp, key):
    assert mcp("--url", "events.acme.com", WAYPATH_API_KEY=key).returncode == 2
