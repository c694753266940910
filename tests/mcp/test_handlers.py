"""The effects, results and errors of the tools: those of the routes with the same purpose."""

import json

import pytest

from tests.support import http_client
from tests.support.mcp_client import EXAMPLE, text

pytestmark = pytest.mark.anyio


async def test_a_recorded_event_is_a_touchpoint_of_its_customer(call, cypher, unique):
    event = EXAMPLE | {"email": f"{unique}@acme.com", "timestamp": "2026-04-29T10:14:32.10Z"}

    response = (await call("ingest_event", event)).structured_content

    (row,) = cypher(
        "MATCH (:Customer {id: $customerId})-->(t:Touchpoint {id: $eventId}) "
        "RETURN t.timestamp AS timestamp, t.properties AS properties",
        **response,
    )
    assert row.data() == {
        "timestamp": "2026-04-29T10:14:32.10Z",
        "properties": '{"url":"/pricing"}',
    }


async def test_the_text_of_a_result_is_the_same_json_as_its_structure(call):
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


async def test_a_batch_returns_its_results_in_order(call, unique):
    events = [{"event": "x", "email": f"{unique}-{number}@acme.com"} for number in range(3)]

    response = (await call("ingest_events", {"events": [*events, events[0]]})).structured_content

    assert response["accepted"] == 4
    assert response["results"][3]["customerId"] == response["results"][0]["customerId"]
    assert [result["resolved"] for result in response["results"]] == ["new", "new", "new", "email"]


async def test_a_lenient_batch_has_an_error_in_the_place_of_a_bad_event(call):
    result = await call("ingest_events", {"events": [EXAMPLE, {"event": "x"}], "lenient": True})

    assert not result.is_error
    assert result.structured_content["accepted"] == 1
    assert result.structured_content["results"][1]["error"]["code"] == "invalid_payload"


async def test_a_blocked_value_is_named_as_by_the_route(call, client, unique):
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


async def test_get_context_returns_the_customer_of_an_identifier(call, unique):
    email = f"{unique}@acme.com"
    customer = (await call("ingest_event", EXAMPLE | {"email": email})).structured_content

    context = (await call("get_context", {"email": email, "limit": 5})).structured_content

    assert (context["customerId"], context["matchedBy"]) == (customer["customerId"], "email")


@pytest.mark.parametrize(
    ("tool", "wrap"),
    [("ingest_event", lambda event: event), ("ingest_events", lambda event: {"events": [event]})],
)
async def test_a_dry_run_stores_nothing(call, cypher, unique, tool, wrap):
    email = f"{unique}@acme.com"

    result = await call(tool, wrap({"event": "x", "email": email}) | {"dryRun": True})

    preview = result.structured_content.get("results", [result.structured_content])[0]
    assert (preview["dryRun"], preview["resolved"]) == (True, "new")
    assert not cypher("MATCH (i:Identifier {value: $email}) RETURN i", email=email)


async def test_a_context_as_text_is_the_content_of_the_result(call, unique):
    email = f"{unique}@acme.com"
    customer = (await call("ingest_event", EXAMPLE | {"email": email})).structured_content

    result = await call("get_context", {"email": email, "format": "text"})

    assert text(result) == result.structured_content["text"]
    assert customer["eventId"] in text(result)


async def test_get_timeline_continues_from_the_end_of_the_previous_page(call, unique):
    event = EXAMPLE | {"email": f"{unique}@acme.com"}
    stored = [(await call("ingest_event", event)).structured_content for _ in range(2)]
    arguments = {"customer": stored[0]["customerId"], "limit": 1}

    page = (await call("get_timeline", arguments)).structured_content
    rest = (
        await call("get_timeline", arguments | {"cursor": page["nextCursor"]})
    ).structured_content

    event_ids = [touchpoint["eventId"] for touchpoint in page["touchpoints"] + rest["touchpoints"]]
    assert event_ids == [result["eventId"] for result in reversed(stored)]


async def test_explain_event_returns_why_an_event_belongs_to_its_customer(
    call, address, key, unique
):
    event = EXAMPLE | {"email": f"{unique}@acme.com"}
    stored = (await call("ingest_event", event)).structured_content

    explanation = (await call("explain_event", {"eventId": stored["eventId"]})).structured_content

    route = f"{address}/v1/events/{stored['eventId']}"
    assert explanation == http_client.get(route, headers={"X-API-Key": key}).json()
    assert f"so {stored['customerId']} was created" in explanation["explanation"]


@pytest.mark.parametrize(
    "value",
    [1.10, 2**70, 1e300, "1.10", "Zoë 🐘 \u2028 \x00", {"ключ": ["日本", {"ß": None}]}, True, -0.5],
)
async def test_a_value_of_the_properties_comes_back_as_it_was(call, unique, value):
    event = {"event": "x", "email": f"{unique}@acme.com", "properties": {"value": value}}
    customer = (await call("ingest_event", event)).structured_content["customerId"]

    timeline = (await call("get_timeline", {"customer": customer})).structured_content

    assert timeline["touchpoints"][0]["properties"] == {"value": value}


async def test_exact_text_is_unchanged_in_the_text_of_a_result(call, client, unique):
    email = f"{unique}@acme.com"
    event = f'{{"event":"x","email":"{email}","properties":{{"n":1.10}}}}'
    client.post("/v1/events", content=event, headers={"Content-Type": "application/json"})

    result = await call("get_context", {"email": email})

    assert '"properties":{"n":1.10}' in text(result)


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
async def test_an_event_is_rejected_as_by_the_route(call, over_routes, event):
    result = await call("ingest_event", event)

    assert result.is_error
    assert result.structured_content["error"] == over_routes("/v1/events", event)


async def test_a_batch_is_rejected_as_by_the_route(call, over_routes):
    batch = {"events": [EXAMPLE, {"event": "x"}, {"email": "jane"}]}

    result = await call("ingest_events", batch)

    assert result.structured_content["error"] == over_routes("/v1/events", batch)


@pytest.mark.parametrize(
    "query",
    [{}, {"email": "jane"}, {"limit": 201}, {"email": "nobody@never.example"}, {"phone": "0" * 10}],
)
async def test_a_query_is_rejected_as_by_the_route(call, over_routes, query):
    result = await call("get_context", query)

    assert result.is_error
    assert result.structured_content["error"] == over_routes("/v1/context", query)


async def test_a_timeline_is_rejected_as_by_the_route(call, address, key):
    route = f"{address}/v1/customers/cus_nobody/timeline"

    result = await call("get_timeline", {"customer": "cus_nobody"})

    assert result.is_error
    assert result.structured_content == http_client.get(route, headers={"X-API-Key": key}).json()


async def test_an_explanation_is_rejected_as_by_the_route(call, address, key):
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
async def test_an_argument_of_another_tool_or_an_invalid_value_is_rejected(call, tool, arguments):
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
def test_a_value_that_json_or_the_graph_cannot_hold_is_rejected(post, key, value):
    event = f'{{"event":"x","email":"jane@acme.com","properties":{{"value":{value}}}}}'
    message = (
        '{"jsonrpc":"2.0","id":1,"method":"tools/call",'
        f'"params":{{"name":"ingest_event","arguments":{event}}}}}'
    )

    response = post(content=message, headers={"X-API-Key": key, "Content-Type": "application/json"})

    result = response.json()["result"]
    assert result["isError"]
    assert result["structuredContent"]["error"]["code"] == "invalid_payload"
