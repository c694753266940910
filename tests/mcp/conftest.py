"""Fixtures of the tests of MCP: an API key, calls of tools and of their routes."""

import pytest

from app.access import api_keys
from tests.support import http_client
from tests.support.mcp_client import LIST, over_http


@pytest.fixture(scope="module")
def key(make_key):
    return make_key(*api_keys.SCOPES)


@pytest.fixture
def call(address, key):
    """Calls a tool over HTTP, and returns its result."""

    async def run(tool, arguments, key=key):
        async with over_http(address, {"X-API-Key": key}) as client:
            return await client.call_tool(tool, arguments)

    return run


@pytest.fixture
def post(address, key):
    """Sends a JSON-RPC message as it is to `/mcp`."""

    def send(message=LIST, headers=None, **arguments):
        request_headers = {"X-API-Key": key} if headers is None else headers
        content = {"json": message} if "content" not in arguments else {}
        return http_client.post(f"{address}/mcp", headers=request_headers, **content, **arguments)

    return send


@pytest.fixture
def over_routes(address, key):
    """The error in the response of the HTTP route to the same request."""

    def error(path, sent):
        return http_client.post(address + path, json=sent, headers={"X-API-Key": key}).json()[
            "error"
        ]

    return error
