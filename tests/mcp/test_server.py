"""The Model Context Protocol, spoken by the SDK's own client: over HTTP and over stdio."""

import json
import signal
import subprocess
import sys
from importlib.metadata import version

import pytest
from mcp.shared.exceptions import MCPError

from app.access import api_keys
from app.access.authenticator import INVALID_KEY
from tests.support.mcp_client import EXAMPLE, LIST, over_http, over_stdio

pytestmark = pytest.mark.anyio


async def test_the_example_of_the_contract_runs_over_http(call):
    result = await call("ingest_event", EXAMPLE)

    assert set(result.structured_content) == {"eventId", "customerId", "resolved"}


async def test_the_example_of_the_contract_runs_over_stdio(environment, key):
    async with over_stdio(environment, key) as client:
        result = await client.call_tool("ingest_event", EXAMPLE)

    assert set(result.structured_content) == {"eventId", "customerId", "resolved"}


async def test_a_client_of_the_protocol_before_runs_the_example_as_well(address, key):
    async with over_http(address, {"X-API-Key": key}, mode="legacy") as client:
        result = await client.call_tool("ingest_event", EXAMPLE)

    assert result.structured_content["customerId"].startswith("cus_")


@pytest.mark.parametrize("revision", ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"])
def test_the_server_agrees_to_an_older_revision(post, revision):
    client = {"name": "test", "version": "1"}
    params = {"protocolVersion": revision, "capabilities": {}, "clientInfo": client}

    response = post(LIST | {"method": "initialize", "params": params})

    assert response.json()["result"]["protocolVersion"] == revision


async def test_the_server_returns_its_name_and_version(address, key):
    async with over_http(address, {"X-API-Key": key}) as client:
        info = client.server_info

    assert info is not None
    assert (info.name, info.version) == ("waypath-events", version("waypath-events"))


async def test_an_unknown_tool_is_an_error_of_the_protocol(address, key):
    async with over_http(address, {"X-API-Key": key}) as client:
        with pytest.raises(MCPError, match="Unknown tool drop_database"):
            await client.call_tool("drop_database", {})


def test_a_body_that_is_not_json_is_an_error_of_the_protocol(post, key):
    response = post(content=b"{", headers={"X-API-Key": key, "Content-Type": "application/json"})

    assert (response.status_code, response.json()["error"]["code"]) == (400, -32700)


async def test_every_tool_returns_a_result_over_stdio(environment, key, unique):
    email = f"{unique}@acme.com"
    async with over_stdio(environment, key) as client:
        await client.call_tool("ingest_events", {"events": [EXAMPLE | {"email": email}]})
        context = (await client.call_tool("get_context", {"email": email})).structured_content
        timeline = await client.call_tool("get_timeline", {"customer": context["customerId"]})

    assert timeline.structured_content["touchpoints"] == context["touchpoints"]


async def test_an_error_over_stdio_is_the_same_as_over_http(environment, key, call):
    async with over_stdio(environment, key) as client:
        result = await client.call_tool("ingest_event", {"event": "x"})

    assert (
        result.structured_content == (await call("ingest_event", {"event": "x"})).structured_content
    )


def test_stdio_without_an_api_key_names_the_missing_variable(cli):
    ended = cli("mcp", WAYPATH_API_KEY="")

    assert (ended.returncode, ended.stdout) == (1, "")
    assert "WAYPATH_API_KEY is not set" in ended.stderr


def test_stdio_with_an_unknown_api_key_reports_it(cli):
    ended = cli("mcp", WAYPATH_API_KEY=api_keys.generate())

    assert (ended.returncode, ended.stdout) == (1, "")
    assert f"WAYPATH_API_KEY: {INVALID_KEY}" in ended.stderr


def test_stdio_ends_on_ctrl_c_with_an_open_input(environment, key):
    program = subprocess.Popen(
        [sys.executable, "-m", "app", "mcp"],
        env=environment | {"WAYPATH_API_KEY": key},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with program:
        assert program.stdin
        assert program.stdout
        program.stdin.write(json.dumps(LIST | {"method": "ping"}) + "\n")
        program.stdin.flush()
        program.stdout.readline()
        program.send_signal(signal.SIGINT)

        assert program.wait(60) == -signal.SIGINT


def test_stdio_ends_when_the_agent_closes_the_input_and_has_written_nothing_else(cli, key):
    ended = cli("mcp", WAYPATH_API_KEY=key)

    assert (ended.returncode, ended.stdout) == (0, "")
