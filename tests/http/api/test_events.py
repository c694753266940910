"""The contract's routes on a real server and a real Neo4j."""

import json

import pytest

from app.access import api_keys
from app.settings import Settings
from tests.support import http_client
from tests.support.server import serving, wait_until_ready

EVENT = {"event": "page_viewed", "email": "jane@acme.com"}


def post(client, content=None, **headers):
    content = json.dumps(EVENT) if content is None else content
    return client.post(
        "/v1/events", content=content, headers={"Content-Type": "application/json"} | headers
    )


def error(response):
    assert response.headers["content-type"] == "application/json"
    assert response.json().keys() == {"error"}
    assert {"code", "message", "details"} <= response.json()["error"].keys()
    return response.status_code, response.json()["error"]["code"]


def test_a_single_event_returns_the_three_fields(ingest, unique):
    response = ingest(email=f"{unique}@x.com")

    assert response.keys() == {"eventId", "customerId", "resolved"}
    assert response["eventId"].startswith("evt_")
    assert response["customerId"].startswith("cus_")
    assert response["resolved"] == "new"


def test_a_batch_returns_its_results_in_order(ingest, unique):
    response = ingest(
        [{"event": f"event_{n}", "email": f"{unique}{n % 2}@x.com"} for n in range(4)]
    )

    assert response["accepted"] == 4
    assert [result["resolved"] for result in response["results"]] == [
        "new",
        "new",
        "email",
        "email",
    ]
    customers = [result["customerId"] for result in response["results"]]
    assert customers[:2] == customers[2:]


def test_a_batch_of_one_returns_a_batch(ingest, unique):
    assert ingest([{"event": "x", "email": f"{unique}@x.com"}])["accepted"] == 1


def test_500_events_are_taken(ingest, unique):
    response = ingest([{"event": f"e{n}", "externalId": f"{unique}{n % 7}"} for n in range(500)])

    assert response["accepted"] == 500
    assert len({result["eventId"] for result in response["results"]}) == 500


def test_a_faulty_event_is_400_and_names_its_place(client):
    events = [EVENT, EVENT | {"timestamp": "2026-02-30T00:00:00Z"}]

    response = post(client, json.dumps({"events": events}))

    assert error(response) == (400, "invalid_payload")
    assert response.json()["error"]["details"] == [
        {"path": "events[1].timestamp", "message": "must have a day that exists"}
    ]


def test_a_faulty_event_keeps_the_whole_request_out(client, cypher, unique):
    events = [{"event": "x", "email": f"{unique}@x.com"}, {"event": "x"}]

    post(client, json.dumps({"events": events}))

    assert not cypher(
        "MATCH (i:Identifier {kind: 'email', value: $value}) RETURN i", value=f"{unique}@x.com"
    )


def test_an_unknown_customer_is_400_and_named(client):
    response = post(client, json.dumps({"events": [EVENT, EVENT | {"customer": "cus_nobody"}]}))

    assert error(response) == (400, "invalid_payload")
    assert response.json()["error"]["details"] == [
        {"path": "events[1].customer", "message": "must be the ID of an existing Customer"}
    ]


def test_no_key_is_401(address):
    response = http_client.post(f"{address}/v1/events", json=EVENT)

    assert error(response) == (401, "unauthenticated")
    assert "www-authenticate" in response.headers


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "wp_live_",
        "é" * 44,
        pytest.param(api_keys.generate(), id="unknown"),
        pytest.param(api_keys.generate()[:-1] + "!", id="malformed"),
    ],
)
def test_an_unknown_api_key_is_401(client, text):
    assert error(post(client, **{"X-API-Key": text.encode()})) == (401, "unauthenticated")


def test_a_key_without_the_scope_is_403(client, make_key):
    key = make_key(api_keys.CONTEXT_READ)

    assert error(post(client, **{"X-API-Key": key})) == (403, "forbidden_scope")


def test_a_key_is_checked_before_the_body_is_read(address):
    response = http_client.post(f"{address}/v1/events", content="not JSON")

    assert error(response) == (401, "unauthenticated")


@pytest.mark.parametrize(
    "content_type",
    ["text/plain", "application/x-www-form-urlencoded", "application/json; charset=utf-16", ""],
)
def test_a_body_that_is_not_json_in_utf_8_is_415(client, content_type):
    response = post(client, **{"Content-Type": content_type})

    assert error(response) == (415, "unsupported_media_type")


@pytest.mark.parametrize(
    "content_type", ["application/json; charset=utf-8", "Application/JSON;charset=UTF-8"]
)
def test_json_may_name_its_charset(client, content_type):
    assert post(client, **{"Content-Type": content_type}).status_code == 200


def test_5_mib_are_taken(client):
    content = json.dumps(EVENT)

    assert post(client, content + " " * (5 * 1024**2 - len(content))).status_code == 200


@pytest.mark.parametrize("is_chunked", [False, True])
def test_a_body_over_5_mib_is_413(client, is_chunked):
    body = b" " * (5 * 1024**2 + 1)
    content = iter([body[:-1], body[-1:]]) if is_chunked else body

    assert error(post(client, content)) == (413, "payload_too_large")


@pytest.mark.parametrize("path", ["/v2", "/v1", "/v1/event", "/v1/events/", "/V1/EVENTS", "/%00"])
def test_a_route_that_is_not_there_is_404(client, path):
    assert error(client.post(path, json=EVENT)) == (404, "not_found")


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "OPTIONS"])
def test_another_method_is_405_with_the_allowed_one(client, method):
    response = client.request(method, "/v1/events")

    assert error(response) == (405, "method_not_allowed")
    assert response.headers["allow"] == "POST"


def test_every_response_has_a_request_id(client):
    ids = {client.get(path).headers["x-request-id"] for path in ("/healthz", "/healthz", "/nope")}

    assert len(ids) == 3


def test_the_service_is_healthy_and_ready_without_a_key(address):
    for path in ("/healthz", "/readyz"):
        assert http_client.get(address + path).json() == {"status": "ok"}


@pytest.fixture(scope="module")
def limited(database, api_key):
    """Calls a service that takes ten events a minute."""
    with serving(database, Settings(rate_limit=10)) as address:
        wait_until_ready(address)
        with http_client.Client(base_url=address, headers={"X-API-Key": api_key}) as client:
            yield client


def test_requests_above_the_limit_of_the_api_key_are_429_with_retry_after(limited):
    responses = [post(limited) for _ in range(11)]

    assert [response.status_code for response in responses] == [200] * 10 + [429]
    assert error(responses[-1]) == (429, "rate_limited")
    assert 1 <= int(responses[-1].headers["retry-after"]) <= 60


def test_a_batch_larger_than_the_limit_itself_is_413(limited):
    response = post(limited, json.dumps({"events": [EVENT] * 11}))

    assert error(response) == (413, "payload_too_large")


def test_an_internal_error_is_500_with_a_request_id_and_nothing_else(
    database, api_key, monkeypatch
):
    async def fail(self, payload):
        raise RuntimeError("the secret inside")

    with serving(database) as address:
        wait_until_ready(address)
        monkeypatch.setattr("app.ingest.service.Ingest.submit", fail)
        headers = {"X-API-Key": api_key}
        response = http_client.post(f"{address}/v1/events", json=EVENT, headers=headers)

    assert error(response) == (500, "internal")
    assert response.json()["error"]["requestId"] == response.headers["x-request-id"]
    assert "secret" not in response.text
