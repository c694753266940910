"""The progress of calls that take longer than a second."""

import asyncio

import pytest

from tests.support.mcp_client import EXAMPLE, forwarding, over_http, over_stdio

pytestmark = pytest.mark.anyio


@pytest.fixture(params=["http", "http, legacy", "stdio", "stdio, forwarded"])
def connect(request, address, environment, key):
    """Connects a client over HTTP, by the newest revision or by a handshake, or over stdio, by the
    database or by the service.
    """
    headers = {"X-API-Key": key}
    connections = {
        "http": lambda: over_http(address, headers),
        "http, legacy": lambda: over_http(address, headers, mode="legacy"),
        "stdio": lambda: over_stdio(environment, key),
        "stdio, forwarded": lambda: forwarding(address, key),
    }
    return connections[request.param]


async def test_a_call_that_waits_reports_its_progress(connect, held, hold, unique):
    email = f"{unique}@acme.com"
    hold("email", email)
    reported = asyncio.Event()
    reports = []

    async def report(progress, total, message):
        reports.append((progress, total, message))
        reported.set()

    async with connect() as client:
        call = asyncio.create_task(
            client.call_tool("ingest_event", EXAMPLE | {"email": email}, progress_callback=report)
        )
        await asyncio.wait_for(reported.wait(), 30)
        await asyncio.to_thread(held.rollback)
        result = await call

    assert reports[0] == (1, 10, "The call has run for 1 second.")
    assert result.structured_content["resolved"] == "new"


def test_a_client_that_takes_no_stream_gets_json(post, key):
    call = {"name": "get_context", "arguments": EXAMPLE, "_meta": {"progressToken": 1}}
    request = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": call}
    headers = {"X-API-Key": key, "Accept": "application/json"}

    assert post(request, headers=headers).headers["content-type"] == "application/json"
