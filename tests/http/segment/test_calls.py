"""The routes of tracking SDKs: the stored events, and the responses."""

import gzip
import json

import pytest

from app.access import api_keys
from app.segment.payload import MAX_CALLS
from tests.http.segment.conftest import basic
from tests.support import http_client
from tests.support.server import wait_for

SUCCESS = (200, {"success": True})
SINGLE = {
    "track": "Bought",
    "identify": "identified",
    "page": "page_viewed",
    "screen": "screen_viewed",
    "group": "group_joined",
    "alias": "aliased",
}


def names(touchpoints):
    return [touchpoint["event"] for touchpoint in touchpoints]


def outcome(response):
    return response.status_code, response.json()


@pytest.mark.parametrize("kind", SINGLE)
@pytest.mark.parametrize("is_short", [False, True])
def test_a_path_stores_its_kind_of_call(sdk, stored, unique, kind, is_short):
    path = f"/v1/{kind[0] if is_short else kind}"

    response = sdk.post(path, json={"userId": unique, "event": "Bought"})

    assert outcome(response) == SUCCESS
    assert names(stored()) == [SINGLE[kind]]


@pytest.mark.parametrize("path", ["/v1/batch", "/v1/import", "/v1/b"])
def test_a_batch_stores_its_calls(send, call, stored, path):
    response = send(call(), call(type="identify"), path=path)

    assert outcome(response) == SUCCESS
    assert sorted(names(stored())) == ["Bought", "identified"]


def test_the_response_is_the_one_that_every_sdk_takes_for_success(send, call):
    response = send(call())

    assert response.content == b'{"success":true}'
    assert response.headers["content-type"] == "application/json"


def test_an_empty_batch_is_a_success(send):
    assert outcome(send()) == SUCCESS


def test_calls_are_resolved_like_events(send, call, ingest, stored, unique):
    ingest(externalId=unique, email=f"{unique}@acme.example")

    send(call(userId=None, type="identify", traits={"email": f" {unique}@ACME.example"}))

    assert names(stored()) == ["page_viewed", "identified"]


def test_a_bad_call_does_not_fail_its_batch(send, call, stored):
    bad = [7, [], "x", {}, call(type="order"), call(event=""), call(userId={}), call(properties=1)]

    assert outcome(send(call(), *bad, call(timestamp="now"), call())) == SUCCESS
    assert names(stored()) == ["Bought", "Bought"]


@pytest.mark.parametrize("where", ["event", "properties", "context", "traits"])
def test_a_text_that_was_cut_within_a_character_fails_neither_its_call_nor_its_batch(
    sdk, api_key, call, stored, where
):
    cut = "\ud83d" if where == "event" else {"title": "\ud83d"}
    body = json.dumps({"batch": [call(), call(**{where: cut})], "writeKey": api_key})

    response = http_client.post(f"{sdk.base_url}/v1/batch", content=body)

    assert outcome(response) == SUCCESS
    assert len(stored()) == 2
    assert ("\ufffd" in str(stored())) == (where != "traits")


def test_a_number_that_json_lacks_fails_neither_its_call_nor_its_batch(sdk, api_key, call, stored):
    """Python's encoder writes NaN."""
    calls = [call(), call(properties={"total": float("nan")})]
    body = json.dumps({"batch": calls, "writeKey": api_key})

    response = http_client.post(f"{sdk.base_url}/v1/batch", content=body)

    assert outcome(response) == SUCCESS
    assert '{"total": null}' in [touchpoint["properties"] for touchpoint in stored()]


@pytest.mark.parametrize("member", ["properties", "integrations"])
def test_a_call_that_is_nested_too_deep_does_not_fail_its_batch(sdk, api_key, call, stored, member):
    deep = json.dumps(call(event="Deep", **{member: "DEEP"}))
    deep = deep.replace('"DEEP"', '{"a":' + "[" * 20_000 + "]" * 20_000 + "}")
    body = f'{{"batch": [{json.dumps(call())}, {deep}], "writeKey": "{api_key}"}}'

    response = http_client.post(f"{sdk.base_url}/v1/batch", content=body)

    assert outcome(response) == SUCCESS
    is_ignored = member == "integrations"
    assert names(stored()) == (["Bought", "Deep"] if is_ignored else ["Bought"])


def test_a_bad_single_call_is_a_success_too(sdk, stored, unique):
    assert outcome(sdk.post("/v1/track", json={"userId": unique})) == SUCCESS
    assert stored() == []


def test_a_bad_call_is_a_rejection_that_can_be_found(send, call, address, make_key, cypher, unique):
    key = make_key(api_keys.EVENTS_WRITE, api_keys.EVENTS_READ)
    headers = {"X-API-Key": key}
    batch = {"batch": [call(), call(originalTimestamp="now", writeKey=key)]}

    http_client.post(f"{address}/v1/batch", json=batch, headers=headers)

    (row,) = cypher("MATCH (k:ApiKey {hash: $h}) RETURN k.id AS id", h=api_keys.digest(key))
    found = []

    def is_found():
        parameters = {"apiKey": row["id"]}
        response = http_client.get(f"{address}/v1/rejections", headers=headers, params=parameters)
        found[:] = response.json()["rejections"]
        return bool(found)

    wait_for(is_found)
    (group,) = found
    assert (group["code"], group["field"], group["count"]) == (
        "invalid_payload",
        "originalTimestamp",
        1,
    )
    assert group["sample"]["type"] == "track"
    assert key not in json.dumps(group)


def test_every_batch_may_have_the_calls_of_a_plain_http_user(send, call, stored):
    assert outcome(send(*(call() for _ in range(501)))) == SUCCESS
    assert len(stored()) == 501


def test_a_batch_has_a_bound(send, call):
    response = send(*(call(userId=None) for _ in range(MAX_CALLS + 1)))

    assert response.status_code == 400
    assert response.json()["error"]["details"][0]["path"] == "batch"


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({"Content-Type": media_type}, id=media_type or "none")
        for media_type in (
            "application/json; charset=utf-8",
            "text/plain",
            "text/plain;charset=UTF-8",
            "application/x-www-form-urlencoded",
            "",
        )
    ],
)
def test_the_body_is_json_with_any_media_type(sdk, call, stored, headers):
    body = json.dumps({"batch": [call()]})

    assert outcome(sdk.post("/v1/batch", content=body, headers=headers)) == SUCCESS
    assert names(stored()) == ["Bought"]


def test_a_body_may_be_gzip(sdk, call, stored):
    body = gzip.compress(json.dumps({"batch": [call()]}).encode())

    response = sdk.post("/v1/batch", content=body, headers={"Content-Encoding": "gzip"})

    assert outcome(response) == SUCCESS
    assert names(stored()) == ["Bought"]


def test_a_body_that_is_too_large_after_decompression_is_rejected(sdk):
    body = gzip.compress(b" " * (5 * 1024**2 + 1))

    response = sdk.post("/v1/batch", content=body, headers={"Content-Encoding": "gzip"})

    assert (response.status_code, response.json()["code"]) == (413, "payload_too_large")


@pytest.mark.parametrize("where", ["basic", "basic and body", "bearer", "header", "body"])
def test_the_write_key_may_be_in_each_place_that_sdks_use(address, api_key, call, stored, where):
    headers = {
        "basic": basic(api_key),
        "basic and body": basic(api_key),
        "bearer": {"Authorization": f"Bearer {api_key}"},
        "header": {"X-API-Key": api_key},
        "body": {},
    }[where]
    body = {"batch": [call()]} | ({"writeKey": api_key} if "body" in where else {})

    response = http_client.post(f"{address}/v1/batch", json=body, headers=headers)

    assert outcome(response) == SUCCESS
    assert names(stored()) == ["Bought"]


def test_a_single_call_may_have_the_write_key_in_its_body(address, api_key, call, stored):
    response = http_client.post(f"{address}/v1/track", json=call(writeKey=api_key))

    assert outcome(response) == SUCCESS
    assert api_key not in str(stored()[0])


ERRORS = {
    "no key": ({}, {"batch": []}, 401, "unauthenticated"),
    "null key": ({}, {"batch": [], "writeKey": None}, 401, "unauthenticated"),
    "unknown key": (basic(api_keys.generate()), {"batch": []}, 401, "unauthenticated"),
    "no user": ({"Authorization": "Basic Og=="}, {"batch": []}, 401, "unauthenticated"),
    "no base64": ({"Authorization": "Basic !"}, {"batch": []}, 401, "unauthenticated"),
    "other scheme": ({"Authorization": "Digest x"}, {"batch": []}, 401, "unauthenticated"),
    "no JSON": (None, "{", 400, "invalid_payload"),
    "no object": (None, [], 400, "invalid_payload"),
    "no batch": (None, {}, 400, "invalid_payload"),
    "null batch": (None, {"batch": None}, 400, "invalid_payload"),
    "batch of another type": (None, {"batch": {}}, 400, "invalid_payload"),
    "context of another type": (None, {"batch": [], "context": 1}, 400, "invalid_payload"),
    "too deep": (None, "[" * 100_000, 400, "invalid_payload"),
    "too large": (None, " " * (5 * 1024**2 + 1), 413, "payload_too_large"),
}


@pytest.mark.parametrize("name", ERRORS)
def test_an_error_of_the_request_has_its_code_and_its_message_at_the_top(sdk, address, name):
    headers, content, status, code = ERRORS[name]
    body = content if isinstance(content, str) else json.dumps(content)
    response = (
        sdk.post("/v1/batch", content=body)
        if headers is None
        else http_client.post(f"{address}/v1/batch", content=body, headers=headers)
    )

    sent = response.json()
    assert (response.status_code, sent["code"]) == (status, code)
    assert sent["message"] == sent["error"]["message"]
    assert sent["error"]["code"] == code


def test_a_key_without_the_scope_is_forbidden(address, make_key):
    key = make_key(*(scope for scope in api_keys.SCOPES if scope != api_keys.EVENTS_WRITE))

    response = http_client.post(f"{address}/v1/batch", json={"batch": []}, headers=basic(key))

    assert (response.status_code, response.json()["code"]) == (403, "forbidden_scope")


def test_a_retry_stores_nothing_twice_in_any_batch(send, sdk, call, stored, unique):
    first = call(messageId=unique, timestamp="2026-04-29T10:14:32.123Z")
    again = first | {"_metadata": {"retryCount": 1}, "sentAt": "2026-04-29T10:20:00Z"}

    for response in (
        send(first, call(messageId=f"{unique}-2"), sentAt="2026-04-29T10:14:33Z"),
        send(call(messageId=f"{unique}-3"), again, sentAt="2026-04-29T10:15:33Z"),
        sdk.post("/v1/track", json=again, headers={"X-Retry-Count": "2"}),
    ):
        assert outcome(response) == SUCCESS

    assert len(stored()) == 3


def test_a_call_without_a_message_id_is_stored_each_time(send, call, stored):
    send(call(), call())

    assert len(stored()) == 2


@pytest.mark.parametrize("is_one_batch", [True, False])
def test_a_reused_message_id_is_a_success_and_changes_nothing(
    send, call, stored, unique, is_one_batch
):
    one, other = call(messageId=unique), call(messageId=unique, event="Other")

    responses = [send(one, other, call())] if is_one_batch else [send(one), send(other, call())]

    assert {outcome(response)[0] for response in responses} == {200}
    assert sorted(names(stored())) == ["Bought", "Bought"]


def test_the_preflight_of_a_browser_needs_no_key(address):
    for path in ("/v1/t", "/v1/track", "/v1/b", "/v1/import"):
        response = http_client.request(
            "OPTIONS",
            f"{address}{path}",
            headers={
                "Origin": "https://acme.example",
                "Access-Control-Request-Method": "POST",
                "Access-Control-Request-Headers": "authorization,content-type",
            },
        )

        assert response.status_code == 204
        assert response.headers["access-control-allow-origin"] == "*"
        assert response.headers["access-control-allow-methods"] == "POST"
        allowed = response.headers["access-control-allow-headers"].split(", ")
        assert {"authorization", "content-type", "x-retry-count"} <= {*allowed}


def test_other_routes_have_no_preflight(address):
    response = http_client.request("OPTIONS", f"{address}/v1/events")

    assert response.status_code == 405
    assert "access-control-allow-origin" not in response.headers


def test_a_page_of_another_origin_may_read_each_response(send, call, address):
    for response in (
        send(call()),
        http_client.post(f"{address}/v1/t", json={}),
        http_client.post(f"{address}/v1/t", content=" " * (5 * 1024**2 + 1)),
    ):
        assert response.headers["access-control-allow-origin"] == "*"
        assert "Retry-After" in response.headers["access-control-expose-headers"]
