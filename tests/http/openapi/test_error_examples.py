"""Each error in an example of the OpenAPI document is one that the service returns."""

import json
import socket
from urllib.parse import urlsplit

import msgspec
import pytest

from app import errors
from app.access import api_keys
from app.domain.suppression_errors import SuppressionSecretMissing
from app.graph.connection import Database
from app.http import errors as http_errors
from app.http.error_mapping import map_error
from app.http.protocol import BODY_TIMEOUT_SECONDS
from app.http.responses import error_content
from app.identity import erasure, identifier_moves, splits
from app.settings import Settings
from tests.support import http_client
from tests.support.openapi import DOCUMENT, OPERATIONS
from tests.support.server import serving, wait_until_ready

EVENT = {"event": "x", "email": "jane@acme.com"}
JSON = {"Content-Type": "application/json"}

# Of races, of long waits and of missing settings, by what the service raises there.
RARE = [
    http_errors.RequestTimeout(BODY_TIMEOUT_SECONDS),
    errors.DatabaseTimeout(),
    errors.MergeConflict(splits.CHANGED),
    errors.MergeConflict(identifier_moves.CHANGED),
    errors.MergeConflict(erasure.CONTENDED),
    errors.RateLimited(60_000, 12),
    SuppressionSecretMissing(),
]


EXAMPLES = {
    f"{operation['operationId']} {code}": example["value"]["error"]
    for methods in DOCUMENT["paths"].values()
    for operation in methods.values()
    for status, response in operation["responses"].items()
    if int(status) >= 400
    for code, example in response["content"]["application/json"]["examples"].items()
}


def body(error):
    return {name: error[name] for name in ("code", "message", "details")}


@pytest.fixture(scope="module")
def caller(address, make_key):
    headers = {"X-API-Key": make_key(*api_keys.SCOPES)}
    with http_client.Client(base_url=address, headers=headers, timeout=30) as client:
        yield client


@pytest.fixture(scope="module")
def provoked(caller, address, make_key, make_browser_key):
    """The errors of requests that provoke them."""
    responses = [
        *of_headers_and_bodies(caller),
        *of_decisions(caller),
        suppressed(caller),
        *without_scopes(address, make_key),
        caller.get("/v1/nothing"),
        caller.put("/v1/events"),
        caller.post("/v1/context", json={"externalId": "no-error-example"}),
        caller.delete("/v1/customers/cus_8af2"),
        caller.get("/v1/events/evt_8af2"),
        http_client.post(f"{address}/v1/events"),
        http_client.post(f"{address}/v1/track"),
        http_client.post(
            f"{address}/v1/track", headers={"X-API-Key": make_browser_key("https://acme.example")}
        ),
        caller.post("/v1/track", headers={"Content-Encoding": "br"}),
        http_client.get(f"{address}/healthz", headers=[("a", "b")] * 201),
    ]
    internal, _ = map_error(ValueError())
    in_process = [msgspec.to_builtins(error_content(error).error) for error in [*RARE, internal]]
    return [
        *(body(response.json()["error"]) for response in responses),
        *in_process,
        broken_off(address),
        not_ready(),
    ]


def of_headers_and_bodies(caller):
    event = {"event": "x", "email": "jane@acme.com"}
    key = {"Idempotency-Key": "error-example"}
    caller.post("/v1/events", json=event, headers=key)
    return [
        caller.post("/v1/events", json=event | {"event": "y"}, headers=key),
        caller.post("/v1/events", json=event | {"timestamp": "yesterday"}),
        caller.post("/v1/context", json={"email": "jane@acme.com", "extra": 1}),
        caller.post("/v1/events", content=b"{}", headers={"Content-Type": "text/plain"}),
        caller.post("/v1/events", content=b" " * (5 * 1024**2 + 1), headers=JSON),
    ]


def of_decisions(caller):
    one, other = (
        caller.post("/v1/events", json=EVENT | {"email": f"{name}@error.example"}).json()
        for name in ("one", "other")
    )
    customer, merged = one["customerId"], other["customerId"]
    merge = {"from": merged, "reason": "x"}
    made = caller.post(f"/v1/customers/{customer}/merge", json=merge).json()
    again = caller.post(f"/v1/customers/{customer}/merge", json=merge)
    undo = f"/v1/merges/{made['mergeId']}/undo"
    caller.post(undo)
    email = {"email": "one@error.example", "reason": "x"}
    first, second = (
        caller.post(f"/v1/customers/{holder}/identifiers/move", json=email | {"to": to}).json()
        for holder, to in ((customer, merged), (merged, customer))
    )
    assert second["kind"] == "move"
    return [
        again,
        caller.post(f"/v1/identifier-moves/{first['moveId']}/undo"),
        caller.post("/v1/identifier-moves/x/undo"),
        caller.post(undo),
        caller.post(f"/v1/customers/{customer}/split", json={"reason": "x"}),
        *(
            caller.post(f"/v1/{kind}/x/undo")
            for kind in ("merges", "splits", "dismissals", "suppressions")
        ),
        caller.post("/v1/identity/conflicts/x~y/dismiss", json={"reason": "x"}),
        caller.post(
            "/v1/identity/shared", json={"externalId": "of nobody", "shared": True, "reason": "x"}
        ),
    ]


def suppressed(caller):
    """The response to an event with an identifier that is on the suppression list."""
    email = "opted-out@error.example"
    caller.post("/v1/suppressions", json={"identifiers": [f"email:{email}"], "reason": "x"})
    return caller.post("/v1/events", json=EVENT | {"email": email})


def without_scopes(address, make_key):
    """The responses of each operation to an API key with every scope but its own."""
    for operation in OPERATIONS:
        if operation.scope:
            key = make_key(*(scope for scope in api_keys.SCOPES if scope != operation.scope))
            path = operation.path.replace("{id}", "x")
            yield http_client.request(
                operation.method, f"{address}{path}", headers={"X-API-Key": key}
            )


def broken_off(address):
    """The error of bytes that are not HTTP."""
    url = urlsplit(address)
    with socket.create_connection((url.hostname, url.port), timeout=10) as connection:
        connection.sendall(b"GARBAGE\r\n\r\n")
        pieces = iter(lambda: connection.recv(65536), b"")
        return body(json.loads(b"".join(pieces).partition(b"\r\n\r\n")[2])["error"])


def not_ready():
    """The error of a service whose database does not run."""
    with serving(Database("bolt://127.0.0.1:1", "neo4j", None, "neo4j")) as address:
        return body(http_client.get(f"{address}/readyz").json()["error"])


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_is_an_error_of_the_service(provoked, name):
    assert body(EXAMPLES[name]) in provoked


def test_an_exceeded_rate_limit_has_the_message_of_its_example(database, make_key):
    headers = {"X-API-Key": make_key(api_keys.EVENTS_WRITE)}
    with serving(database, Settings(rate_limit=1)) as address:
        wait_until_ready(address)
        http_client.post(f"{address}/v1/events", json=EVENT, headers=headers)
        response = http_client.post(f"{address}/v1/events", json=EVENT, headers=headers)

    error = errors.RateLimited(1, int(response.headers["retry-after"]))
    assert response.json()["error"]["message"] == error.message


def test_only_an_internal_error_has_a_request_id():
    with_id = {error["code"] for error in EXAMPLES.values() if "requestId" in error}

    assert with_id == {"internal"}
    assert error_content(errors.ServiceError(), "req_1").error.request_id == "req_1"
