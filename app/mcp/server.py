"""The MCP server: the tools in the Model Context Protocol, over HTTP and over stdio."""

import json
from collections.abc import Callable
from importlib.metadata import version
from typing import Any, cast

import mcp_types as types
import msgspec
import structlog
from mcp.server.context import ServerRequestContext
from mcp.server.lowlevel import Server
from mcp.server.stdio import stdio_server
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from mcp.server.transport_security import TransportSecuritySettings
from mcp.shared.exceptions import MCPError
from starlette.requests import Request

from app.customers.context_text import ContextText
from app.errors import ServiceError
from app.http import headers
from app.http.body import MAX_BODY_BYTES
from app.http.error_mapping import map_error
from app.http.responses import error_content
from app.mcp.handlers import ToolHandlers
from app.mcp.tools import TOOLS, Tool

log = structlog.get_logger()

INSTRUCTIONS = (
    "Records events on the timelines of Customers, and reads them. Call `ingest_event` after any "
    "action that belongs in a Customer's history. Call `get_context` to look up a Customer. After "
    "`unauthenticated` or `forbidden_scope`, ask the operator for an API key with the tool's scope."
)

GetApiKey = Callable[[ServerRequestContext[Any, Any]], str | None]


def session_manager(handlers: ToolHandlers) -> StreamableHTTPSessionManager:
    """Serves `POST /mcp` without sessions."""
    return StreamableHTTPSessionManager(
        server(handlers, lambda context: headers.agent_key(cast("Request", context.request))),
        json_response=True,
        stateless=True,
        # The endpoint checks Host and Origin, so that their errors have the form of all others.
        security_settings=TransportSecuritySettings(enable_dns_rebinding_protection=False),
        max_request_body_size=MAX_BODY_BYTES,
    )


async def serve_stdio(handlers: ToolHandlers, key: str) -> None:
    """Serves one agent on standard input and output, with its API key, until it disconnects."""
    mcp = server(handlers, lambda _: key)
    async with stdio_server() as (requests, responses):
        await mcp.run(requests, responses, mcp.create_initialization_options())


def server(handlers: ToolHandlers, get_api_key: GetApiKey) -> Server[Any]:
    """The MCP server of the tools. `get_api_key` returns the API key of a request."""
    tools = types.ListToolsResult(tools=[_to_mcp(tool) for tool in TOOLS.values()])

    async def list_tools(_context: Any, _params: Any) -> types.ListToolsResult:
        return tools

    async def call_tool(
        context: ServerRequestContext[Any, Any], params: types.CallToolRequestParams
    ) -> types.CallToolResult:
        tool = TOOLS.get(params.name)
        if tool is None:
            message = f"Unknown tool {params.name[:100]}. Call tools/list for the known tools."
            raise MCPError(types.INVALID_PARAMS, message)
        try:
            return _result(await handlers.call(tool, params.arguments or {}, get_api_key(context)))
        except Exception as error:
            return _error_result(*map_error(error, tool=tool.name))

    return Server(
        "waypath-events",
        version=version("waypath-events"),
        title="Waypath Events",
        instructions=INSTRUCTIONS,
        get_tool_input_schema=lambda _: None,  # no tool repeats an argument in a header
        on_list_tools=list_tools,
        on_call_tool=call_tool,
    )


def _to_mcp(tool: Tool) -> types.Tool:
    return types.Tool(
        name=tool.name,
        title=tool.title,
        description=tool.description,
        input_schema=tool.input_schema,
        output_schema=tool.output_schema,
        annotations=types.ToolAnnotations(
            read_only_hint=tool.is_read_only,
            destructive_hint=False,
            idempotent_hint=tool.is_read_only,  # a write is idempotent only with an idempotency key
            open_world_hint=False,
        ),
    )


def _result(value: Any) -> types.CallToolResult:
    encoded = msgspec.json.encode(value).decode()
    # A text for a prompt goes into it as it is.
    text = value.text if isinstance(value, ContextText) else encoded
    return types.CallToolResult(
        content=[types.TextContent(text=text)], structured_content=json.loads(encoded)
    )


def _error_result(error: ServiceError, request_id: str | None = None) -> types.CallToolResult:
    result = _result(error_content(error, request_id))
    if error.retry_after is not None:
        wait = f"Retry after {error.retry_after} s."
        result.content.append(types.TextContent(text=wait))
    result.is_error = True
    return result
