"""Clients of the MCP server, and what the tests send to it."""

import os
import sys
from contextlib import asynccontextmanager

from mcp.client import Client
from mcp.client.stdio import StdioServerParameters, stdio_client
from mcp.client.streamable_http import streamable_http_client
from mcp_types import TextContent

from tests.support import http_client

EXAMPLE = {"event": "page_viewed", "email": "jane@acme.com", "properties": {"url": "/pricing"}}
LIST = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}


@asynccontextmanager
async def over_http(address, headers, mode="auto"):
    """A client of a service's `/mcp`. It raises the error of a request as it is."""
    try:
        async with (
            http_client.AsyncClient(headers=headers, timeout=30) as http,
            Client(streamable_http_client(f"{address}/mcp", http_client=http), mode=mode) as client,
        ):
            yield client
    except BaseExceptionGroup as group:  # of the client's tasks, around the error of a request
        raise _only(group) from group


@asynccontextmanager
async def over_stdio(environment, key):
    """A client of `python -m app mcp`, which it starts and ends."""
    program = StdioServerParameters(
        command=sys.executable,
        args=["-m", "app", "mcp"],
        env=environment | {"WAYPATH_API_KEY": key},
    )
    async with Client(stdio_client(program)) as client:
        yield client


@asynccontextmanager
async def forwarding(url, key):
    """A client of `python -m app mcp`, which forwards to the service at a URL."""
    # Without any setting of a database.
    own = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("WAYPATH_", "NEO4J_"))
    }
    program = StdioServerParameters(
        command=sys.executable,
        args=["-m", "app", "mcp", "--url", url],
        env=own | {"WAYPATH_API_KEY": key},
    )
    async with Client(stdio_client(program)) as client:
        yield client


def text(result, position=0):
    """The text of a tool's result."""
    content = result.content[position]
    assert isinstance(content, TextContent)
    return content.text


def _only(error):
    """The error in groups of one."""
    while isinstance(error, BaseExceptionGroup) and len(error.exceptions) == 1:
        (error,) = error.exceptions
    return error
