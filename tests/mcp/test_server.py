"""The Model Context Protocol, spoken by the SDK's own client: over HTTP and over stdio."""

import asyncio
import json
import signal
import subprocess
import sys
from contextlib import asynccontextmanager
from importlib.metadata import version

import msgspec
import pytest
from mcp.client import Client
from mcp.client.stdio import StdioServerParameters, stdio_client
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.exceptions import MCPError
from mcp_types import TextContent

from app.access import api_keys
from app.customers.context import ContextQuery
from app.customers.explanation.reader import ExplanationQuery
from app.customers.timeline import TimelineQuery
from app.graph.connection import Database
from app.http import body
from app.http.openapi import schemas
from app.ingest.results import EventResult
from app.settings import Settings
from tests.support import http_client
from tests.support.server import serving, wait_until_ready

pytestmark = pytest.mark.anyio

EXAMPLE = {"event": "page_viewed", "email": "jane@acme.com", "properties": {"url": "/pricing"}}
LIST = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}


@pytest.fixture(scope="module")
def key(make_key):
    return make_key(*api_keys.SCOPES)


@asynccontextmanager
async def over_http(address, headers, mode="auto"):
    async with (
        http_client.AsyncClient(headers=headers, timeout=30) as http,
        Client(streamable_http_client(f"{address}/mcp", http_client=http), mode=mode) as client,
    ):
        yield client


@asynccontextmanager
async def over_stdio(environment, key):
    program = StdioServerParameters(
        command=sys.executable,
        args=["-m", "app", "mcp"],
        env=environment | {"WAYPATH_API_KEY": key},
    )
    async with Client(stdio_client(program)) as client:
        yield client


@pytest.fixture
def call(address, key):
    """Calls a tool over HTTP, and returns its result."""

    async def run(tool, arguments, key=key):
        async with over_http(address, {"X-API-Key": key}) as client:
            return await client.call_tool(tool, arguments)

    return run


@pytest.fixture
def post(address, key):
    """Sends a JSON-RPC message as it is to `/mcp`."""

    def send(message=LIST, headers=None, **arguments):
        given = {"X-API-Key": key} if headers is None else headers
        content = {"json": message} if "content" not in arguments else {}
        return http_client.post(f"{address}/mcp", headers=given, **content, **arguments)

    return send


@pytest.fixture
def over_routes(address, key):
    """What the HTTP routes answer to the same, as the error of their body."""

    def error(path, sent):
        return http_client.post(address + path, json=sent, headers={"X-API-Key": key}).json()[
            "error"
        ]

    return error


def text(result, position=0):
    content = result.content[position]
    assert isinstance(content, TextContent)
    return content.text


# The contract's example


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


# The tools


async def test_a_recorded_event_is_a_touchpoint_of_its_customer(call, cypher, unique):
    event = EXAMPLE | {"email": f"{unique}@acme.com", "timestamp": "2026-04-29T10:14:32.10Z"}

    answer = (await call("ingest_event", event)).structured_content

    (row,) = cypher(
        "MATCH (:Customer {id: $customerId})-->(t:Touchpoint {id: $eventId}) "
        "RETURN t.timestamp AS timestamp, t.properties AS properties",
        **answer,
    )
    assert row.data() == {
        "timestamp": "2026-04-29T10:14:32.10Z",
        "properties": '{"url":"/pricing"}',
    }


async def test_the_text_of_an_answer_is_the_same_json_as_its_structure(call):
    result = await call("ingest_event", EXAMPLE)

    assert json.loads(text(result)) == result.structured_content


async def test_an_event_with_an_idempotency_key_is_stored_once(call, unique):
    event = EXAMPLE | {"idempotencyKey": unique}

    first, again = [(await call("ingest_event", event)).structured_content for _ in range(2)]

    assert first == again


async def test_an_idempotency_key_means_the_same_over_http_and_mcp(call, address, key, unique):
    batch = {"events": [{"event": "x", "email": "jane@acme.com"}]}
    headers = {"X-API-Key": key, "Idempotency-Key": unique}

    by_mcp = (await call("ingest_events", batch | {"idempotencyKey": unique})).structured_content
    by_http = http_client.post(f"{address}/v1/events", json=batch, headers=headers)

    assert (by_http.json(), by_http.headers["Idempotency-Replayed"]) == (by_mcp, "true")


async def test_a_batch_is_answered_in_its_order(call, unique):
    events = [{"event": "x", "email": f"{unique}-{number}@acme.com"} for number in range(3)]

    answer = (await call("ingest_events", {"events": [*events, events[0]]})).structured_content

    assert answer["accepted"] == 4
    assert answer["results"][3]["customerId"] == answer["results"][0]["customerId"]
    assert [each["resolved"] for each in answer["results"]] == ["new", "new", "new", "email"]


async def test_a_lenient_batch_has_an_error_in_the_place_of_a_bad_event(call):
    result = await call("ingest_events", {"events": [EXAMPLE, {"event": "x"}], "lenient": True})

    assert not result.is_error
    assert result.structured_content["accepted"] == 1
    assert result.structured_content["results"][1]["error"]["code"] == "invalid_payload"


async def test_a_blocked_key_is_named_as_the_route_names_it(call, client, unique):
    event = {
        "event": "x",
        "externalId": "null",
        "idempotencyKey": unique,
        "email": f"{unique}@x.com",
    }
    batch = {"events": [EXAMPLE, event | {"idempotencyKey": f"{unique}2"}]}

    single = (await call("ingest_event", event)).structured_content
    results = (await call("ingest_events", batch)).structured_content["results"]

    assert single["warnings"] == client.post("/v1/events", json=event).json()["warnings"]
    assert results[1]["warnings"] == [single["warnings"][0] | {"path": "events[1].externalId"}]
    assert "warnings" not in results[0]


async def test_get_context_tells_of_the_customer_who_has_a_key(call, unique):
    email = f"{unique}@acme.com"
    customer = (await call("ingest_event", EXAMPLE | {"email": email})).structured_content

    found = (await call("get_context", {"email": email, "limit": 5})).structured_content

    assert (found["customerId"], found["matchedBy"]) == (customer["customerId"], "email")


async def test_get_timeline_goes_on_where_the_page_before_ended(call, unique):
    event = EXAMPLE | {"email": f"{unique}@acme.com"}
    kept = [(await call("ingest_event", event)).structured_content for _ in range(2)]
    asked = {"customer": kept[0]["customerId"], "limit": 1}

    page = (await call("get_timeline", asked)).structured_content
    rest = (await call("get_timeline", asked | {"cursor": page["nextCursor"]})).structured_content

    found = [each["eventId"] for each in page["touchpoints"] + rest["touchpoints"]]
    assert found == [each["eventId"] for each in reversed(kept)]


async def test_explain_event_tells_why_an_event_is_with_its_customer(call, address, key, unique):
    event = EXAMPLE | {"email": f"{unique}@acme.com"}
    kept = (await call("ingest_event", event)).structured_content

    found = (await call("explain_event", {"eventId": kept["eventId"]})).structured_content

    route = f"{address}/v1/events/{kept['eventId']}"
    assert found == http_client.get(route, headers={"X-API-Key": key}).json()
    assert f"so {kept['customerId']} was created" in found["explanation"]


@pytest.mark.parametrize(
    "value",
    [1.10, 2**70, 1e300, "1.10", "Zoë 🐘 \u2028 \x00", {"ключ": ["日本", {"ß": None}]}, True, -0.5],
)
async def test_a_value_of_the_properties_comes_back_as_it_was(call, unique, value):
    event = {"event": "x", "email": f"{unique}@acme.com", "properties": {"value": value}}
    customer = (await call("ingest_event", event)).structured_content["customerId"]

    found = (await call("get_timeline", {"customer": customer})).structured_content

    assert found["touchpoints"][0]["properties"] == {"value": value}


async def test_what_was_sent_as_exact_text_is_in_the_text_of_an_answer(call, client, unique):
    email = f"{unique}@acme.com"
    event = f'{{"event":"x","email":"{email}","properties":{{"n":1.10}}}}'
    client.post("/v1/events", content=event, headers={"Content-Type": "application/json"})

    result = await call("get_context", {"email": email})

    assert '"properties":{"n":1.10}' in text(result)


# What an agent is told


@pytest.fixture
async def tools(address, key):
    async with over_http(address, {"X-API-Key": key}) as client:
        return {tool.name: tool for tool in (await client.list_tools()).tools}


async def test_there_are_five_tools(tools):
    assert list(tools) == [
        *("ingest_event", "ingest_events", "get_context", "get_timeline", "explain_event"),
    ]


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("ingest_event", schemas.Event),
        ("get_context", ContextQuery),
        ("get_timeline", TimelineQuery),
        ("explain_event", ExplanationQuery),
    ],
)
async def test_a_tool_takes_the_fields_of_what_the_route_takes(tools, name, kind):
    derived = schemas.tidy(msgspec.json.schema(kind)["$defs"][kind.__name__])

    assert tools[name].input_schema["properties"] == derived["properties"]


async def test_a_batch_takes_the_events_that_a_single_call_takes(tools):
    single = tools["ingest_event"].input_schema

    assert tools["ingest_events"].input_schema["$defs"]["EventIngest"] == single


async def test_an_answer_has_the_fields_of_what_the_route_answers(tools):
    derived = schemas.tidy(msgspec.json.schema(EventResult)["$defs"])
    root = derived.pop("EventResult")

    assert tools["ingest_event"].output_schema == root | {"$defs": derived}


async def test_every_field_of_every_tool_is_described(tools):
    fields = [
        (tool.name, field)
        for tool in tools.values()
        for field, schema in tool.input_schema["properties"].items()
        if "description" not in schema
    ]

    assert fields == []


async def test_the_tools_that_read_say_so(tools):
    reading = {name for name, tool in tools.items() if tool.annotations.read_only_hint}

    assert reading == {"get_context", "get_timeline", "explain_event"}


async def test_no_tool_that_writes_says_that_it_is_idempotent_or_destructive(tools):
    hints = tools["ingest_event"].annotations

    assert (hints.idempotent_hint, hints.destructive_hint) == (False, False)


async def test_the_server_tells_its_name_and_version(address, key):
    async with over_http(address, {"X-API-Key": key}) as client:
        info = client.server_info

    assert info is not None
    assert (info.name, info.version) == ("waypath-events", version("waypath-events"))


# Errors


@pytest.mark.parametrize(
    "event",
    [
        {},
        {"event": "x"},
        {"event": 1, "email": "jane@acme.com"},
        {"event": "x", "email": "jane"},
        {"event": "x", "email": "jane@acme.com", "timestamp": "yesterday"},
        {"event": "x", "email": "jane@acme.com", "emial": "x"},
        {"event": "x", "customer": "cus_nobody"},
        {"event": "x", "email": "jane@acme.com", "properties": [1]},
        {"event": "x", "phone": "0000000000", "externalId": "null"},
    ],
    ids=lambda event: "-".join(event) or "empty",
)
async def test_an_event_is_refused_as_the_route_refuses_it(call, over_routes, event):
    result = await call("ingest_event", event)

    assert result.is_error
    assert result.structured_content["error"] == over_routes("/v1/events", event)


async def test_a_batch_is_refused_as_the_route_refuses_it(call, over_routes):
    batch = {"events": [EXAMPLE, {"event": "x"}, {"email": "jane"}]}

    result = await call("ingest_events", batch)

    assert result.structured_content["error"] == over_routes("/v1/events", batch)


@pytest.mark.parametrize(
    "query",
    [{}, {"email": "jane"}, {"limit": 201}, {"email": "nobody@never.example"}, {"phone": "0" * 10}],
)
async def test_a_query_is_refused_as_the_route_refuses_it(call, over_routes, query):
    result = await call("get_context", query)

    assert result.is_error
    assert result.structured_content["error"] == over_routes("/v1/context", query)


async def test_a_timeline_is_refused_as_the_route_refuses_it(call, address, key):
    route = f"{address}/v1/customers/cus_nobody/timeline"

    result = await call("get_timeline", {"customer": "cus_nobody"})

    assert result.is_error
    assert result.structured_content == http_client.get(route, headers={"X-API-Key": key}).json()


async def test_an_explanation_is_refused_as_the_route_refuses_it(call, address, key):
    route = f"{address}/v1/events/evt_nothing"

    result = await call("explain_event", {"eventId": "evt_nothing"})

    assert result.is_error
    assert result.structured_content == http_client.get(route, headers={"X-API-Key": key}).json()


async def test_the_text_of_an_error_has_it_as_well(call):
    result = await call("ingest_event", {})

    assert json.loads(text(result)) == result.structured_content


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        ("ingest_event", {"events": [EXAMPLE]}),
        ("ingest_events", EXAMPLE),
        ("ingest_events", {"events": [EXAMPLE], "lenient": "yes"}),
        ("ingest_events", {"events": [EXAMPLE], "idempotencyKey": "x" * 256}),
        ("ingest_events", {"events": [EXAMPLE], "event": "x"}),
    ],
)
async def test_what_belongs_to_another_tool_or_is_none_of_its_values_is_refused(
    call, tool, arguments
):
    result = await call(tool, arguments)

    assert (result.is_error, result.structured_content["error"]["code"]) == (
        True,
        "invalid_payload",
    )


async def test_an_idempotency_key_of_another_event_is_a_conflict(call, unique):
    await call("ingest_event", EXAMPLE | {"idempotencyKey": unique})

    result = await call("ingest_event", EXAMPLE | {"idempotencyKey": unique, "event": "other"})

    assert result.structured_content["error"]["code"] == "idempotency_conflict"


@pytest.mark.parametrize("value", ["NaN", "[" * 17 + "]" * 17])
def test_what_json_or_the_graph_cannot_have_is_refused(post, key, value):
    event = f'{{"event":"x","email":"jane@acme.com","properties":{{"value":{value}}}}}'
    message = (
        '{"jsonrpc":"2.0","id":1,"method":"tools/call",'
        f'"params":{{"name":"ingest_event","arguments":{event}}}}}'
    )

    response = post(content=message, headers={"X-API-Key": key, "Content-Type": "application/json"})

    result = response.json()["result"]
    assert result["isError"]
    assert result["structuredContent"]["error"]["code"] == "invalid_payload"


async def test_an_unknown_tool_is_an_error_of_the_protocol(address, key):
    async with over_http(address, {"X-API-Key": key}) as client:
        with pytest.raises(MCPError, match="there is no tool drop_database"):
            await client.call_tool("drop_database", {})


def test_a_body_that_is_not_json_is_an_error_of_the_protocol(post, key):
    response = post(content=b"{", headers={"X-API-Key": key, "Content-Type": "application/json"})

    assert (response.status_code, response.json()["error"]["code"]) == (400, -32700)


# API keys


def test_a_request_without_a_key_is_401_in_the_form_of_the_contract(post, over_routes, address):
    response = post(headers={})

    assert response.status_code == 401
    assert response.json() == http_client.post(f"{address}/v1/events").json()


def test_nobody_is_told_what_is_wrong_with_a_body_before_the_key_is_right(post):
    response = post(content=b"{", headers={"Content-Type": "text/plain"})

    assert response.json()["error"]["code"] == "unauthenticated"


def test_a_key_that_nobody_has_is_401(post):
    assert post(headers={"X-API-Key": api_keys.generate()}).status_code == 401


def test_a_key_may_come_as_a_bearer_token(post, key):
    assert post(headers={"Authorization": f"Bearer {key}"}).status_code == 200


def test_the_same_key_may_come_both_ways(post, key):
    assert post(headers={"Authorization": f"bearer {key}", "X-API-Key": key}).status_code == 200


def test_two_different_keys_are_refused(post, key, api_key):
    response = post(headers={"Authorization": f"Bearer {key}", "X-API-Key": api_key})

    assert (response.status_code, response.json()["error"]["code"]) == (401, "unauthenticated")


def test_another_kind_of_authorization_is_refused(post, key):
    assert post(headers={"Authorization": f"Basic {key}"}).status_code == 401


async def test_a_tool_beyond_the_scope_of_the_key_is_a_tool_error(call, api_key):
    result = await call("get_context", EXAMPLE, key=api_key)

    assert (result.is_error, result.structured_content["error"]["code"]) == (
        True,
        "forbidden_scope",
    )


async def test_the_rate_limit_of_a_key_counts_its_calls(database: Database, key):
    with serving(database, Settings(rate_limit=2)) as address:
        wait_until_ready(address)
        async with over_http(address, {"X-API-Key": key}) as client:
            await client.call_tool("ingest_events", {"events": [EXAMPLE, EXAMPLE]})
            result = await client.call_tool("ingest_event", EXAMPLE)

    assert result.structured_content["error"]["code"] == "rate_limited"
    assert "again after" in text(result, 1)


# Transports


def test_post_mcp_is_answered_with_json_and_no_redirect(post):
    response = post()

    assert (response.status_code, response.headers["content-type"]) == (200, "application/json")


def test_there_is_no_session(post):
    initialize = {
        "protocolVersion": "2025-06-18",
        "capabilities": {},
        "clientInfo": {"name": "test", "version": "1"},
    }
    response = post(LIST | {"method": "initialize", "params": initialize})

    assert response.json()["result"]["serverInfo"]["name"] == "waypath-events"
    assert "mcp-session-id" not in response.headers


def test_get_mcp_opens_no_stream(address, key):
    response = http_client.get(f"{address}/mcp", headers={"X-API-Key": key})

    assert (response.status_code, response.headers["allow"]) == (405, "POST")


@pytest.mark.parametrize(
    ("name", "value", "status"),
    [("Host", "evil.example", 421), ("Origin", "https://evil.example", 403)],
)
def test_a_page_that_took_over_a_name_is_refused(post, key, name, value, status):
    assert post(headers={"X-API-Key": key, name: value}).status_code == status


@pytest.mark.parametrize("host", ["localhost:8000", "127.0.0.1", "[::1]:8000"])
def test_the_names_of_this_machine_are_taken(post, key, host):
    headers = {"X-API-Key": key, "Host": host, "Origin": f"http://{host}"}

    assert post(headers=headers).status_code == 200


def test_a_name_in_the_settings_is_taken(database, key):
    with serving(database, Settings(mcp_hosts="a.example, events.acme.com")) as address:
        wait_until_ready(address)
        headers = {"X-API-Key": key, "Host": "events.acme.com"}
        response = http_client.post(f"{address}/mcp", json=LIST, headers=headers)

    assert response.status_code == 200


def test_a_body_beyond_the_limit_is_413_in_the_form_of_the_contract(post):
    response = post(LIST | {"params": {"x": "x" * body.SIZE}})

    assert response.json()["error"]["code"] == "payload_too_large"


def test_first_requests_that_come_together_are_all_answered(database, key):
    async def send(address):
        async with http_client.AsyncClient(headers={"X-API-Key": key}, timeout=30) as http:
            sent = [http.post(f"{address}/mcp", json=LIST) for _ in range(8)]
            return {response.status_code for response in await asyncio.gather(*sent)}

    with serving(database) as address:
        wait_until_ready(address)
        assert asyncio.run(send(address)) == {200}


async def test_every_tool_answers_over_stdio(environment, key, unique):
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


def test_stdio_without_a_key_says_which_variable_is_missing(cli):
    ended = cli("mcp", WAYPATH_API_KEY="")

    assert (ended.returncode, ended.stdout) == (1, "")
    assert "WAYPATH_API_KEY is not set" in ended.stderr


def test_stdio_with_a_key_that_nobody_has_says_so(cli):
    ended = cli("mcp", WAYPATH_API_KEY=api_keys.generate())

    assert (ended.returncode, ended.stdout) == (1, "")
    assert "WAYPATH_API_KEY: the API key is not valid" in ended.stderr


def test_stdio_ends_on_ctrl_c_although_nobody_hangs_up(environment, key):
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


def test_stdio_ends_when_the_agent_hangs_up_and_has_written_nothing_else(cli, key):
    ended = cli("mcp", WAYPATH_API_KEY=key)

    assert (ended.returncode, ended.stdout) == (0, "")
