"""`GET /v1/live`: each event as it is committed or rejected."""

import json

import pytest

from app.access import api_keys
from app.http.live_feed import MAX_STREAMS
from tests.support import http_client
from tests.support.server import wait_for


@pytest.fixture
def outcomes(unique, follow, post):
    """The outcomes of the records of a batch."""

    def read(events, **headers):
        reader = follow(customer=unique)
        post({"events": events}, **headers)
        return [record["outcome"] for record in reader.records(len(events))]

    return read


def test_a_stored_event_has_what_matched(follow, post, unique):
    reader = follow(customer=f"{unique}@acme.com")

    result = post({"event": "x", "email": f"{unique}@ACME.com"}).json()

    record = reader.record()
    assert record.pop("id")
    assert record.pop("time").endswith("Z")
    assert record == {
        "way": "http",
        "outcome": "stored",
        "apiKey": "test",
        "event": "x",
        "identifiers": [f"email:{unique}@acme.com"],
        "eventId": result["eventId"],
        "customerId": result["customerId"],
        "resolved": "new",
        "payload": {"event": "x", "email": f"{unique}@ACME.com"},
    }


def test_a_rejected_event_has_its_errors(follow, post, unique):
    reader = follow(customer=unique)

    error = post({"event": "x", "externalId": unique, "timestamp": "now"}).json()["error"]

    record = reader.record()
    assert (record["outcome"], record["error"]) == ("rejected", error)


def test_a_retry_is_replayed(outcomes, unique):
    event = {"event": "x", "externalId": unique, "idempotencyKey": unique}

    assert outcomes([event, event]) == ["stored", "replayed"]


def test_a_valid_event_of_a_rejected_batch_is_withdrawn(outcomes, unique):
    event = {"event": "x", "externalId": unique}

    assert outcomes([event, event | {"timestamp": "now"}]) == ["withdrawn", "rejected"]


def test_the_events_of_a_lenient_batch_have_their_own_outcomes(outcomes, unique):
    event = {"event": "x", "externalId": unique}
    events = [event | {"timestamp": "now"}, event]

    assert outcomes(events, Prefer="handling=lenient") == ["rejected", "stored"]


def test_an_ignored_identifier_is_a_warning(follow, post, unique):
    reader = follow(customer=unique)

    post({"events": [{"event": "x", "externalId": unique, "email": "null@x.com"}]})

    (warning,) = reader.record()["warnings"]
    assert (warning["path"], warning["code"]) == ("email", "blocked_key")


def test_an_event_of_an_agent_is_in_the_stream(follow, address, api_key, unique):
    reader = follow(customer=unique)
    call = {"name": "ingest_event", "arguments": {"event": "x", "externalId": unique}}
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": call}
    headers = {"X-API-Key": api_key, "Accept": "application/json, text/event-stream"}

    http_client.post(f"{address}/mcp", json=body, headers=headers, timeout=30)

    assert reader.record()["way"] == "mcp"


def test_a_record_of_an_import_is_in_the_stream(follow, cli, tmp_path, unique):
    reader = follow(customer=unique)
    file = tmp_path / "events.jsonl"
    events = [{"event": "x", "externalId": unique}, {"event": "", "externalId": unique}]
    file.write_text("".join(f"{json.dumps(event)}\n" for event in events))

    cli("import", str(file), "--rejects", str(tmp_path / "rejects"))

    records = reader.records(2)
    assert {(record["way"], record["outcome"]) for record in records} == {
        ("import", "stored"),
        ("import", "rejected"),
    }


def test_a_body_that_is_not_json_is_in_the_stream_as_text(follow, client, unique):
    reader = follow(rejected="true")

    client.post("/v1/events", content=unique, headers={"Content-Type": "application/json"})

    while (record := reader.record())["payload"] != unique:
        pass
    assert record["error"]["code"] == "invalid_payload"


def test_a_request_without_a_valid_key_is_in_the_stream(follow, address):
    reader = follow(rejected="true")

    http_client.post(f"{address}/v1/events", json={}, headers={"X-API-Key": "none"})

    while (record := reader.record())["error"]["code"] != "unauthenticated":
        pass
    assert "apiKey" not in record


def test_a_payload_with_line_breaks_is_one_line(follow, caller, unique):
    reader = follow(customer=unique)
    body = f'{{"event": "x", "externalId": "{unique}", "properties": {{\r\n"n":\n1.50}}}}'

    caller.post("/v1/events", content=body, headers={"Content-Type": "application/json"})

    assert reader.event("record").data.endswith('"properties":{"n":1.50}}}')


@pytest.mark.parametrize(
    "text", ["<script>alert(1)</script>", "\u202e\u2028evil", "\x00\r\ndata: x"]
)
def test_hostile_text_breaks_no_line(follow, post, unique, text):
    reader = follow(customer=unique)

    post({"event": text, "externalId": unique, "timestamp": text})

    assert reader.record()["event"] == text


def test_a_filter_by_event_selects_the_events_of_this_name(follow, post, unique):
    reader = follow(event=unique)

    post({"events": [{"event": name, "externalId": unique} for name in ("x", unique)]})

    assert reader.record()["payload"] == {"event": unique, "externalId": unique}


def test_a_filter_by_customer_selects_its_id(follow, post, unique):
    customer = post({"event": "x", "externalId": unique}).json()["customerId"]
    reader = follow(customer=customer)

    post(
        {
            "events": [
                {"event": "y", "externalId": f"{unique}2"},
                {"event": "z", "customer": customer},
            ]
        }
    )

    assert reader.record()["event"] == "z"


def test_a_filter_of_the_rejected_selects_no_stored_one(follow, post, unique):
    reader = follow(rejected="true", customer=unique)

    post({"event": "stored", "externalId": unique})
    post({"event": "rejected", "externalId": unique, "timestamp": "now"})

    assert reader.record()["event"] == "rejected"


def test_an_unknown_filter_is_rejected(follow):
    assert follow(colour="red").status == 400


def test_an_invalid_last_event_id_counts_as_absent(follow, post, unique):
    reader = follow(customer=unique, headers={"Last-Event-ID": "<none>"})

    post({"event": "1", "externalId": unique})

    assert reader.record()["event"] == "1"


def test_the_stream_reports_that_it_has_the_records_of_this_instance(follow):
    assert follow().coverage == "instance"


def test_the_stream_is_text_that_no_cache_keeps(follow):
    headers = follow().response.headers

    assert (headers["Content-Type"], headers["Cache-Control"]) == (
        "text/event-stream; charset=utf-8",
        "no-store",
    )


def test_a_head_request_ends(address, reader_key):
    response = http_client.request("HEAD", f"{address}/v1/live", headers={"X-API-Key": reader_key})

    assert response.status_code == 200


def test_an_api_key_without_the_scope_is_rejected(follow, api_key):
    assert follow(key=api_key).status == 403


def test_an_api_key_has_a_limit_of_streams(follow, make_key):
    key = make_key(api_keys.EVENTS_READ)
    for _ in range(MAX_STREAMS):
        follow(key=key)

    assert follow(key=key).status == 429


def test_a_closed_stream_leaves_its_place_to_another(follow, make_key):
    key = make_key(api_keys.EVENTS_READ)
    for reader in [follow(key=key) for _ in range(MAX_STREAMS)]:
        reader.close()

    def has_place():
        with_place = follow(key=key)
        is_open = with_place.status == 200
        with_place.close()
        return is_open

    wait_for(has_place)


def test_the_revocation_of_the_api_key_ends_the_stream(follow, make_key, cypher):
    key = make_key(api_keys.EVENTS_READ)
    reader = follow(key=key)

    cypher("MATCH (k:ApiKey {hash: $hash}) SET k.revokedAt = datetime()", hash=api_keys.digest(key))

    assert reader.event("end").content["code"] == "unauthenticated"
    assert reader.next() is None


def test_a_call_of_a_tracking_sdk_is_in_the_stream_without_its_write_key(
    follow, address, api_key, unique
):
    reader = follow(customer=unique)
    call = {"type": "identify", "userId": unique, "traits": {"email": 1}, "writeKey": api_key}

    http_client.post(f"{address}/v1/b", json={"batch": [call], "writeKey": api_key})

    record = reader.record()
    assert (record["way"], record["outcome"], record["event"]) == (
        "segment",
        "stored",
        "identified",
    )
    assert [(item["path"], item["code"]) for item in record["warnings"]] == [
        ("traits.email", "invalid_identifier")
    ]
    assert record["payload"] == call | {"writeKey": "wp_live_***"}


def test_a_reused_message_id_is_a_replay_with_a_warning(follow, client, unique):
    reader = follow(customer=unique)
    call = {"event": "x", "userId": unique, "messageId": unique}

    for event in ("x", "y"):
        client.post("/v1/track", json=call | {"event": event})

    first, second = reader.record(), reader.record()
    assert (first["outcome"], second["outcome"], second["event"]) == ("stored", "replayed", "y")
    assert [item["code"] for item in second["warnings"]] == ["idempotency_conflict"]
    assert "error" not in second


def test_a_body_that_is_no_json_is_in_the_stream_without_its_write_key(follow, address, api_key):
    reader = follow(rejected="true")
    body = f'{{"writeKey": "{api_key}", '

    http_client.post(f"{address}/v1/track", content=body, headers={"X-API-Key": api_key})

    payload = ""
    while not payload.startswith('{"writeKey'):
        payload = str(reader.record().get("payload"))
    assert payload == '{"writeKey": "wp_live_***", '
