"""Every route with every kind of API key, and keys that must not be seen anywhere."""

import json

import httpx2
import psutil
import pytest

from app.access import api_keys
from app.access.authenticator import INVALID_KEY
from tests.support import http_client
from tests.support.server import wait_for

EVENT = {"event": "x", "email": "jane@acme.com"}

ROUTES = {
    ("POST", "/v1/events"): {"right": 200, "wrong scope": 403, "others": 401},
    **{
        ("POST", f"/v1/{path}"): {"right": 200, "wrong scope": 403, "others": 401}
        for path in ("track", "t", "batch", "b", "import")
    },
    ("GET", "/v1/projects/wp_pub_nothing/settings"): {
        "right": 401,
        "wrong scope": 401,
        "others": 401,
    },
    ("GET", "/healthz"): {"right": 200, "wrong scope": 200, "others": 200},
    ("GET", "/readyz"): {"right": 200, "wrong scope": 200, "others": 200},
    ("GET", "/openapi.json"): {"right": 200, "wrong scope": 200, "others": 200},
    ("GET", "/docs"): {"right": 200, "wrong scope": 200, "others": 200},
    ("GET", "/docs/swagger-ui.css"): {"right": 200, "wrong scope": 200, "others": 200},
    ("GET", "/nowhere"): {"right": 404, "wrong scope": 404, "others": 404},
    ("POST", "/v1/context"): {"right": 200, "wrong scope": 403, "others": 401},
    ("GET", "/v1/customers/cus_nobody/timeline"): {
        "right": 404,
        "wrong scope": 403,
        "others": 401,
    },
    ("DELETE", "/v1/customers/cus_nobody"): {"right": 404, "wrong scope": 403, "others": 401},
    ("GET", "/v1/customers/cus_nobody"): {"right": 405, "wrong scope": 405, "others": 405},
    **{
        ("POST", path): {"right": 400, "wrong scope": 403, "others": 401}
        for path in (
            "/v1/customers/cus_nobody/merge-preview",
            "/v1/customers/cus_nobody/merge",
            "/v1/merges/mrg_nothing/undo",
            "/v1/customers/cus_nobody/split-preview",
            "/v1/customers/cus_nobody/split",
            "/v1/splits/spl_nothing/undo",
            "/v1/customers/cus_nobody/identifiers/move-preview",
            "/v1/customers/cus_nobody/identifiers/move",
            "/v1/customers/cus_nobody/identifiers/detach",
            "/v1/identifier-moves/mov_nothing/undo",
            "/v1/dismissals/dsm_nothing/undo",
        )
    },
    ("GET", "/v1/events/evt_nothing"): {"right": 404, "wrong scope": 403, "others": 401},
    ("GET", "/v1/live?colour=red"): {"right": 400, "wrong scope": 403, "others": 401},
    ("GET", "/live"): {"right": 303, "wrong scope": 303, "others": 303},
    ("GET", "/live/stream"): {"right": 303, "wrong scope": 303, "others": 303},
    ("GET", "/v1/rejections"): {"right": 200, "wrong scope": 403, "others": 401},
    ("GET", "/metrics"): {"right": 200, "wrong scope": 403, "others": 401},
    ("GET", "/v1/identity/conflicts"): {"right": 200, "wrong scope": 403, "others": 401},
    ("POST", "/v1/identity/conflicts/cus_a~cus_b/dismiss"): {
        "right": 404,
        "wrong scope": 403,
        "others": 401,
    },
    ("POST", "/v1/identity/shared"): {"right": 200, "wrong scope": 403, "others": 401},
    ("GET", "/v1/identity/changes"): {"right": 200, "wrong scope": 403, "others": 401},
    ("GET", "/"): {"right": 303, "wrong scope": 303, "others": 303},
    ("GET", "/search?q=jane@acme.com"): {"right": 303, "wrong scope": 303, "others": 303},
    ("GET", "/customers/cus_nobody"): {"right": 303, "wrong scope": 303, "others": 303},
    ("GET", "/customers/cus_nobody/timeline"): {"right": 303, "wrong scope": 303, "others": 303},
    ("GET", "/events/evt_nothing"): {"right": 303, "wrong scope": 303, "others": 303},
    ("GET", "/rejections"): {"right": 303, "wrong scope": 303, "others": 303},
    ("GET", "/login"): {"right": 200, "wrong scope": 200, "others": 200},
    ("POST", "/login"): {"right": 415, "wrong scope": 415, "others": 415},
    ("POST", "/logout"): {"right": 303, "wrong scope": 303, "others": 303},
    ("GET", "/static/nothing"): {"right": 404, "wrong scope": 404, "others": 404},
    ("GET", "/v1/events"): {"right": 405, "wrong scope": 405, "others": 405},
}

# The scope that a route asks for, by how its path begins, and a body that it takes.
SCOPES = {
    "/v1/events/": api_keys.CONTEXT_READ,
    "/v1/context": api_keys.CONTEXT_READ,
    "/v1/customers/cus_nobody/timeline": api_keys.CONTEXT_READ,
    "/v1/customers/cus_nobody/merge": api_keys.IDENTITY_WRITE,
    "/v1/merges": api_keys.IDENTITY_WRITE,
    "/v1/customers/cus_nobody/split": api_keys.IDENTITY_WRITE,
    "/v1/customers/cus_nobody/identifiers": api_keys.IDENTITY_WRITE,
    "/v1/customers/cus_nobody": api_keys.CUSTOMERS_DELETE,
    "/v1/splits": api_keys.IDENTITY_WRITE,
    "/v1/identifier-moves": api_keys.IDENTITY_WRITE,
    "/v1/rejections": api_keys.EVENTS_READ,
    "/metrics": api_keys.METRICS_READ,
    "/v1/live": api_keys.EVENTS_READ,
    "/v1/dismissals/": api_keys.IDENTITY_WRITE,
    "/v1/identity/conflicts/": api_keys.IDENTITY_WRITE,
    "/v1/identity/shared": api_keys.IDENTITY_WRITE,
    "/v1/identity/": api_keys.IDENTITY_READ,
    "/": api_keys.EVENTS_WRITE,
}
BODIES = {
    "/v1/context": {"email": EVENT["email"]},
    "/v1/identity/conflicts/": {"reason": "x"},
    "/v1/identity/shared": {"email": EVENT["email"], "shared": False, "reason": "x"},
    "/v1/b": {"batch": []},
    "/v1/import": {"batch": []},
    "/": EVENT,
}

KINDS = ["none", "malformed", "unknown", "revoked", "expired", "wrong scope", "right"]


@pytest.fixture(scope="module")
def key_of(make_key, cypher):
    """A key of each kind."""
    made = {
        "none": None,
        "malformed": "wp_live_malformed",
        "unknown": api_keys.generate(),
        "revoked": make_key(api_keys.EVENTS_WRITE),
        "expired": make_key(api_keys.EVENTS_WRITE),
    }
    for scope in api_keys.SCOPES:
        made[scope] = make_key(scope)
        made[f"all but {scope}"] = make_key(*(other for other in api_keys.SCOPES if other != scope))
    for kind, change in (
        ("revoked", "k.revokedAt = datetime()"),
        ("expired", "k.expiresAt = datetime() - duration('PT1S')"),
    ):
        cypher(f"MATCH (k:ApiKey {{hash: $hash}}) SET {change}", hash=api_keys.digest(made[kind]))
    return made


@pytest.fixture(scope="module")
def known(client):
    """A Customer to read."""
    client.post("/v1/events", json=EVENT)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("route", ROUTES, ids=" ".join)
def test_a_route_opens_to_the_right_key_alone(address, known, key_of, route, kind):
    method, path = route
    scope = of(path, SCOPES)
    key = key_of[{"right": scope, "wrong scope": f"all but {scope}"}.get(kind, kind)]
    headers = {"X-API-Key": key} if key else {}
    body = of(path, BODIES)

    response = http_client.request(method, address + path, json=body, headers=headers)

    assert response.status_code == ROUTES[route].get(kind, ROUTES[route]["others"])


@pytest.mark.parametrize("kind", ["unknown", "revoked", "expired", "malformed"])
def test_a_response_does_not_reveal_why_an_api_key_is_invalid(address, key_of, kind):
    response = http_client.post(
        f"{address}/v1/events", json=EVENT, headers={"X-API-Key": key_of[kind]}
    )

    assert response.json()["error"]["message"] == INVALID_KEY


def test_a_key_is_looked_up_by_its_digest_alone():
    """The service compares SHA-256 digests, so the duration reveals nothing about the API key."""
    one, other = api_keys.generate(), api_keys.generate()

    assert api_keys.digest(one) != api_keys.digest(other)
    assert len(api_keys.digest(one)) == 64


def test_a_key_is_never_logged_nor_in_the_process_list(serve, api_key):
    process, address = serve(WAYPATH_WORKERS="2")
    wait_for(lambda: _answers(address))
    for body in ({"event": "x"}, EVENT, {"emial": api_key}):
        http_client.post(f"{address}/v1/events", json=body, headers={"X-API-Key": api_key})
    processes = command_lines()
    process.terminate()
    output, errors = process.communicate(timeout=30)

    assert not [line for line in processes if api_key in line]
    assert api_key not in output + errors


def test_the_databases_password_is_not_in_the_process_list(serve, database):
    _, address = serve(WAYPATH_WORKERS="2")
    wait_for(lambda: _answers(address))

    processes = command_lines()

    password = database.password
    assert not [line for line in processes if password and password in line]


@pytest.fixture
def records(serve, api_key):
    """The log of a service that a caller sent strange things, as it was written."""
    process, address = serve()
    wait_for(lambda: _answers(address))
    forged = 'x\r\n{"event": "forged", "level": "info"}\x1b[31m'
    http_client.post(
        f"{address}/v1/nowhere/%0d%0a%7B%22event%22:%22forged%22%7D%0a%1b[31m",
        json=EVENT | {"event": forged, "externalId": forged},
        headers={"X-API-Key": api_key, "X-Request-Id": "ours-42"},
    )
    process.terminate()
    return process.communicate(timeout=30)[1]


def test_every_record_of_the_log_is_one_json_object_that_no_caller_can_forge(records):
    objects = [json.loads(line) for line in records.splitlines()]

    assert all({"event", "level", "timestamp"} <= record.keys() for record in objects)
    assert not [record for record in objects if record["event"] == "forged"]
    assert "\x1b" not in records


def test_a_rejected_request_is_logged_with_its_id(records):
    objects = [json.loads(line) for line in records.splitlines()]

    (refused,) = [record for record in objects if record.get("request_id") == "ours-42"]
    assert (refused["event"], refused["code"]) == ("request_rejected", "not_found")


def of(path, named):
    """The resource named by the start of a path."""
    return next(value for start, value in named.items() if path.startswith(start))


def command_lines():
    return [" ".join(process.info["cmdline"] or []) for process in psutil.process_iter(["cmdline"])]


def _answers(address):
    try:
        return http_client.get(f"{address}/readyz").status_code == 200
    except httpx2.TransportError:
        return False
