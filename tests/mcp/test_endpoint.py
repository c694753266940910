"""`POST /mcp`: API keys, hosts and origins, and what is not JSON-RPC over it."""

import asyncio

import pytest

from app.access import api_keys
from app.graph.connection import Database
from app.http import body
from app.settings import Settings
from tests.support import http_client
from tests.support.mcp_client import EXAMPLE, LIST, over_http, text
from tests.support.server import serving, wait_until_ready

pytestmark = pytest.mark.anyio


def test_a_request_without_a_key_is_401_in_the_form_of_the_contract(post, over_routes, address):
    response = post(headers={})

    assert response.status_code == 401
    assert response.json() == http_client.post(f"{address}/v1/events").json()


def test_a_request_without_a_key_gets_the_challenge_of_bearer_tokens(post):
    response = post(headers={})

    assert response.headers["www-authenticate"] == 'Bearer realm="waypath-events"'


def test_the_challenge_for_an_unknown_api_key_reports_an_invalid_token(post):
    response = post(headers={"Authorization": f"Bearer {api_keys.generate()}"})

    assert response.headers["www-authenticate"] == (
        'Bearer realm="waypath-events", error="invalid_token"'
    )


def test_a_body_is_validated_only_after_the_api_key(post):
    response = post(content=b"{", headers={"Content-Type": "text/plain"})

    assert response.json()["error"]["code"] == "unauthenticated"


def test_an_unknown_api_key_is_401(post):
    assert post(headers={"X-API-Key": api_keys.generate()}).status_code == 401


def test_a_key_may_come_as_a_bearer_token(post, key):
    assert post(headers={"Authorization": f"Bearer {key}"}).status_code == 200


def test_the_same_key_may_come_both_ways(post, key):
    assert post(headers={"Authorization": f"bearer {key}", "X-API-Key": key}).status_code == 200


def test_two_different_api_keys_are_rejected(post, key, api_key):
    response = post(headers={"Authorization": f"Bearer {key}", "X-API-Key": api_key})

    assert (response.status_code, response.json()["error"]["code"]) == (401, "unauthenticated")


def test_another_kind_of_authorization_is_rejected(post, key):
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

    error = result.structured_content["error"]
    assert error["code"] == "rate_limited"
    assert text(result, 1) == f"Retry after {error['retryAfter']} s."


def test_post_mcp_returns_json_and_no_redirect(post):
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
    ("name", "value", "error"),
    [
        ("Host", "evil.example", (421, "misdirected_request")),
        ("Host", "localhost.evil.example", (421, "misdirected_request")),
        ("Origin", "https://evil.example", (403, "forbidden_origin")),
        ("Origin", "null", (403, "forbidden_origin")),
    ],
)
def test_a_page_behind_a_rebound_dns_name_is_rejected(post, key, name, value, error):
    response = post(headers={"X-API-Key": key, name: value})

    assert (response.status_code, response.json()["error"]["code"]) == error
    assert response.json()["error"].keys() == {"code", "message", "details"}
    assert response.headers["x-request-id"]


@pytest.mark.parametrize("host", ["localhost:8000", "127.0.0.1", "[::1]:8000"])
def test_the_names_of_this_host_are_accepted(post, key, host):
    headers = {"X-API-Key": key, "Host": host, "Origin": f"http://{host}"}

    assert post(headers=headers).status_code == 200


def test_a_name_in_the_settings_is_taken(database, key):
    with serving(database, Settings(mcp_hosts="a.example, events.acme.com")) as address:
        wait_until_ready(address)
        headers = {"X-API-Key": key, "Host": "events.acme.com"}
        response = http_client.post(f"{address}/mcp", json=LIST, headers=headers)

    assert response.status_code == 200


def test_a_body_above_the_limit_is_413_in_the_form_of_the_contract(post):
    response = post(LIST | {"params": {"x": "x" * body.MAX_BODY_BYTES}})

    assert response.json()["error"]["code"] == "payload_too_large"


def test_concurrent_first_requests_all_get_a_response(database, key):
    async def send(address):
        async with http_client.AsyncClient(headers={"X-API-Key": key}, timeout=30) as http:
            sent = [http.post(f"{address}/mcp", json=LIST) for _ in range(8)]
            return {response.status_code for response in await asyncio.gather(*sent)}

    with serving(database) as address:
        wait_until_ready(address)
        assert asyncio.run(send(address)) == {200}
