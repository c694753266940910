"""The Helm test: sends an event through the Service, reads it back, and removes its traces.

Takes the URL of the service. The commands of `waypath` read its settings. Exits with a message if a
step fails.
"""

import http.client
import json
import secrets
import subprocess
import sys
import time
from typing import Any
from urllib.parse import urlsplit

READY_TIMEOUT_SECONDS = 120
SCOPES = ("events:write", "context:read")
NAME = f"helm-test-{secrets.token_hex(8)}"  # of the API key, and the external ID of the Customer


def main() -> None:
    """Runs the test, with an API key of its own."""
    _wait_until_ready()
    key = _waypath("keys", "create", "--name", NAME, *(f"--scope={scope}" for scope in SCOPES))
    try:
        _send_and_read(key)
    finally:
        listed = next(line for line in _waypath("keys", "list").splitlines() if NAME in line)
        _waypath("keys", "revoke", listed.split("\t")[0])
    print("ok: an event was stored once, and read back")


def _wait_until_ready() -> None:
    deadline = time.monotonic() + READY_TIMEOUT_SECONDS
    while True:
        try:
            status, body = _call("GET", "/readyz")
        except OSError as error:
            status, body = 0, str(error)
        if status == 200:
            return
        _require(time.monotonic() < deadline, f"the service is not ready: {body}")
        time.sleep(1)


def _send_and_read(key: str) -> None:
    event = {"event": "helm_tested", "externalId": NAME, "idempotencyKey": NAME}
    stored = _post(key, "/v1/events", event)
    try:
        _require(_post(key, "/v1/events", event) == stored, "a retry returned another event")
        context = json.dumps(_post(key, "/v1/context", {"externalId": NAME}))
        for name in ("eventId", "customerId"):
            _require(stored[name] in context, f"{stored[name]} is not in {context}")
    finally:
        _waypath("erase", "--external-id", NAME, "--reason", "Helm test", "--yes")


def _post(key: str, path: str, body: dict[str, str]) -> Any:
    status, response = _call("POST", path, json.dumps(body), key)
    _require(status == 200, f"POST {path} returned {status}: {response}")
    return json.loads(response)


def _call(method: str, path: str, body: str | None = None, key: str = "") -> tuple[int, str]:
    # http.client, not urllib: a proxy setting must not affect these requests.
    address = urlsplit(sys.argv[1])
    connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=15)
    try:
        headers = {"Content-Type": "application/json", "X-API-Key": key} if body else {}
        connection.request(method, path, body, headers)
        response = connection.getresponse()
        return response.status, response.read().decode()
    finally:
        connection.close()


def _waypath(*arguments: str) -> str:
    done = subprocess.run(["waypath", *arguments], capture_output=True, text=True, check=False)
    _require(done.returncode == 0, f"waypath {arguments[0]} failed: {done.stderr}")
    return done.stdout.strip()


def _require(is_true: bool, message: str) -> None:
    if not is_true:
        sys.exit(message)


main()
