"""The MCP server: tools, resources and prompts for agents, over HTTP and over stdio."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from importlib.metadata import version
from typing import Any, cast

from mcp.server.caching import CacheHint
from mcp.server.lowlevel import Server
from mcp.server.stdio import stdio_server
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from mcp.server.transport_security import TransportSecuritySettings
from mcp_types.methods import CacheableMethod
from starlette.requests import Request
from starlette.types import Receive, Scope, Send

from app.http import headers
from app.http.body import MAX_BODY_BYTES
from app.mcp.features import Features
from app.mcp.offer import registry
from app.mcp.registry import Registry

INSTRUCTIONS = (
    "Records events on the timelines of Customers, and reads them. Call `ingest_event` after any "
    "action that belongs in a Customer's history. Call `get_context` to look up a Customer. After "
    "`unauthenticated` or `forbidden_scope`, ask the operator for an API key with the tool's scope."
)
# These change with the version of the service, its settings and the scopes of the API key alone.
_CACHED: Mapping[CacheableMethod, CacheHint] = {
    "tools/list": CacheHint(ttl_ms=60_000),
    "prompts/list": CacheHint(ttl_ms=60_000),
    "resources/list": CacheHint(ttl_ms=60_000),
    "resources/templates/list": CacheHint(ttl_ms=60_000),
}


class HttpSessions:
    """Serves `POST /mcp` without sessions: a response is JSON, or a stream if a call wants one."""

    def __init__(self, offered: Registry) -> None:
        self._json = _manager(offered, has_streams=False)
        self._streams = _manager(offered, has_streams=True)

    @asynccontextmanager
    async def run(self) -> AsyncIterator[None]:
        """Runs the session managers while the context is open."""
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(self._json.run())
            await stack.enter_async_context(self._streams.run())
            yield

    async def handle_request(
        self, scope: Scope, receive: Receive, send: Send, *, streams: bool
    ) -> None:
        """Handles a request. With `streams`, the response may be a stream."""
        manager = self._streams if streams else self._json
        await manager.handle_request(scope, receive, send)


def http_registry(features: Features) -> Registry:
    """The features of the service over HTTP: a request has the API key in its headers."""
    return registry(features, lambda context: headers.agent_key(cast("Request", context.request)))


async def serve_stdio(features: Features, key: str) -> None:
    """Serves one agent on standard input and output, with its API key, until it disconnects."""
    mcp = server(registry(features, lambda _: key))
    async with stdio_server() as (requests, responses):
        await mcp.run(requests, responses, mcp.create_initialization_options())


def server(offered: Registry) -> Server[Any]:
    """The MCP server of what is registered."""
    return Server(
        "waypath-events",
        version=version("waypath-events"),
        title="Waypath Events",
        instructions=INSTRUCTIONS,
        cache_hints=_CACHED,
        get_tool_input_schema=lambda _: None,  # no tool repeats an argument in a header
        on_list_tools=offered.list_tools,
        on_call_tool=offered.call_tool,
        on_list_prompts=offered.list_prompts,
        on_get_prompt=offered.get_prompt,
        on_list_resources=offered.list_resources,
        on_list_resource_templates=offered.list_templates,
        on_read_resource=offered.read_resource,
        on_completion=offered.complete,
    )


def _manager(offered: Registry, *, has_streams: bool) -> StreamableHTTPSessionManager:
    return StreamableHTTPSessionManager(
        server(offered),
        json_response=not has_streams,
        stateless=True,
        # The endpoint checks Host and Origin, so that their errors have the form of all others.
        security_settings=TransportSecuritySettings(enable_dns_rebinding_protection=False),
        max_request_body_size=MAX_BODY_BYTES,
    )
