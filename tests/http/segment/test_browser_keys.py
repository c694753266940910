"""Browser keys: they send calls from pages of their origins, and nothing else."""

import pytest

from app.access import api_keys
from app.graph.connection import Database
from app.settings import Settings
from tests.http.segment.conftest import basic
from tests.support import http_client
from tests.support.openapi import OPERATIONS
from tests.support.server import is_reachable, serving, wait_for, wait_until_ready

PAGE = "https://acme.example"
OTHER = "https://other.example"


@pytest.fixture(scope="module")
def browser_key(make_browser_key):
    return make_browser_key(PAGE, "http://localhost:3000")


@pytest.fixture
def post(address, browser_key):
    """Sends a call from a page of an origin."""

    def send(call, origin=PAGE, path="/v1/t", key=browser_key):
        headers = basic(key) | ({"Origin": origin} if origin else {})
        return http_client.post(f"{address}{path}", json=call, headers=headers)

    return send


@pytest.mark.parametrize("origin", [PAGE, "http://localhost:3000"])
def test_a_page_of_its_origins_sends_calls(post, stored, unique, origin):
    response = post({"event": "x", "userId": unique, "anonymousId": f"a-{unique}"}, origin)

    assert (response.status_code, response.json()) == (200, {"success": True})
    assert len(stored()) == 1


def test_the_key_may_be_in_the_body(address, browser_key, stored, unique):
    batch = {"batch": [{"type": "page", "userId": unique}], "writeKey": browser_key}

    response = http_client.post(f"{address}/v1/b", json=batch, headers={"Origin": PAGE})

    assert response.status_code == 200
    assert len(stored()) == 1


@pytest.mark.parametrize("origin", [OTHER, "http://acme.example", f"{PAGE}:8443", "null", None])
def test_a_page_of_another_origin_is_rejected(post, stored, unique, origin):
    response = post({"event": "x", "userId": unique}, origin)

    assert (response.status_code, response.json()["code"]) == (403, "forbidden_origin")
    assert response.headers["access-control-allow-origin"] == "*"
    assert stored() == []


def test_it_names_no_customer(post, ingest, stored, unique):
    customer = ingest(externalId=unique)["customerId"]

    post({"event": "x", "customer": customer, "anonymousId": f"a-{unique}"})

    assert len(stored()) == 1


def test_the_response_reveals_no_customer(post, ingest, unique):
    ingest(externalId=unique)

    assert post({"event": "x", "userId": unique}).content == b'{"success":true}'


@pytest.mark.parametrize(
    "operation",
    [item for item in OPERATIONS if item.scope and item.tag != "Segment"],
    ids=lambda operation: operation.id,
)
def test_no_other_route_takes_it(address, browser_key, operation):
    response = http_client.request(
        operation.method,
        address + operation.path.replace("{id}", "x"),
        headers={"X-API-Key": browser_key, "Origin": PAGE},
    )

    assert (response.status_code, response.json()["error"]["code"]) == (403, "forbidden_scope")


def test_agents_and_people_cannot_use_it(address, browser_key):
    agent = http_client.post(f"{address}/mcp", json={}, headers={"X-API-Key": browser_key})
    person = http_client.post(
        f"{address}/login", data={"key": browser_key}, headers={"Origin": address}
    )

    assert agent.status_code == 403
    assert "set-cookie" not in person.headers


def test_it_has_a_rate_limit_of_its_own(database, make_browser_key, api_key):
    keys = basic(make_browser_key(PAGE)) | {"Origin": PAGE}
    call = {"event": "x", "anonymousId": "rate-limit"}
    with serving(database, Settings(browser_rate_limit=2)) as address:
        wait_until_ready(address)
        statuses = [http_client.post(f"{address}/v1/t", json=call, headers=keys) for _ in range(3)]
        other = http_client.post(
            f"{address}/v1/b", json={"batch": [call] * 3}, headers=basic(api_key)
        )

    assert [response.status_code for response in statuses] == [200, 200, 429]
    limited = statuses[-1]
    assert int(limited.headers["retry-after"]) > 0
    assert limited.json()["code"] == "rate_limited"
    assert other.status_code == 200


@pytest.fixture
def settings(address, browser_key):
    """The settings that the SDK in a page reads."""

    def read(key=browser_key, origin=PAGE, at=address, **headers):
        headers |= {"Origin": origin} if origin else {}
        return http_client.get(f"{at}/v1/projects/{key}/settings", headers=headers)

    return read


@pytest.mark.parametrize("origin", [PAGE, None])
def test_the_settings_name_the_service_as_the_receiver(settings, address, browser_key, origin):
    response = settings(origin=origin)

    assert response.status_code == 200
    assert response.json()["integrations"] == {
        "Segment.io": {
            "apiKey": browser_key,
            "apiHost": f"{address.removeprefix('http://')}/v1",
            "protocol": "http",
        }
    }
    assert response.json()["metrics"] == {"sampleRate": 0}
    assert response.headers["access-control-allow-origin"] == "*"
    assert response.headers["cache-control"].startswith("private")


def test_behind_a_proxy_with_tls_the_receiver_has_tls(settings):
    response = settings(**{"X-Forwarded-Proto": "https", "Host": "events.acme.example"})

    receiver = response.json()["integrations"]["Segment.io"]
    assert receiver["apiHost"] == "events.acme.example/v1"
    assert "protocol" not in receiver


def test_a_page_of_another_origin_gets_no_settings(settings):
    assert settings(origin=OTHER).status_code == 403


@pytest.mark.parametrize("key", ["x", "wp_pub_x", "null"])
def test_an_unknown_key_gets_no_settings(settings, key):
    response = settings(key)

    assert (response.status_code, response.json()["code"]) == (401, "unauthenticated")


def test_a_server_key_must_not_be_in_a_page(settings, api_key):
    response = settings(api_key)

    assert response.status_code == 403
    assert "--browser" in response.json()["message"]


def test_without_a_database_the_sdk_still_loads(settings):
    with serving(Database("bolt://127.0.0.1:1", "neo4j", None, "neo4j")) as address:
        response = settings(api_keys.generate(api_keys.BROWSER_PREFIX), at=address)

    assert response.status_code == 200


def test_the_log_has_no_key_of_a_path(serve, browser_key):
    process, address = serve()
    wait_for(lambda: is_reachable(address))
    wait_until_ready(address)
    path = f"{address}/v1/projects/{browser_key}"
    http_client.get(f"{path}/settings", headers={"Origin": OTHER})
    http_client.get(f"{path}/nothing")
    process.terminate()
    output, log = process.communicate(timeout=30)

    assert browser_key not in output + log
    assert log.count("/v1/projects/wp_pub_***/") == 2
