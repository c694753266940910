"""The MCP server: the tools in the Model Context Protocol, over HTTP and over stdio."""

import json
from collections.abc import Callable, Iterable
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

from app.errors import ServiceError
from app.http import headers
from app.http.body import SIZE
from app.http.responses import error_content
from app.mcp.handlers import ToolCalls
from app.mcp.tools import TOOLS, Tool

log = structlog.get_logger()

INSTRUCTIONS = (
    "Records what happens with Customers, and tells what is known of them. Record with "
    "ingest_event whatever belongs in a Customer's timeline; look a Customer up with get_context."
)

KeyOf = Callable[[ServerRequestContext[Any, Any]], str | None]


def session_manager(calls: ToolCalls, hosts: Iterable[str]) -> StreamableHTTPSessionManager:
    """What answers `POST /mcp` without sessions, for requests whose Host and Origin are ours."""
    names = [name for host in hosts for name in (host, f"{host}:*")]
    return StreamableHTTPSessionManager(
        server(calls, lambda context: headers.agent_key(cast("Request", context.request))),
        json_response=True,
        stateless=True,
        security_settings=TransportSecuritySettings(
            allowed_hosts=names,
            allowed_origins=[
                f"{scheme}://{name}" for scheme in ("http", "https") for name in names
            ],
        ),
        max_request_body_size=SIZE,
    )


async def serve_stdio(calls: ToolCalls, key: str) -> None:
    """Serves one agent on standard input and output, with its API key, until it hangs up."""
    mcp = server(calls, lambda _: key)
    async with stdio_server() as (received, sent):
        await mcp.run(received, sent, mcp.create_initialization_options())


def server(calls: ToolCalls, key_of: KeyOf) -> Server[Any]:
    """The MCP server of the tools; `key_of` gives the API key that a request came with."""
    listed = types.ListToolsResult(tools=[_described(tool) for tool in TOOLS.values()])

    async def list_tools(_context: Any, _params: Any) -> types.ListToolsResult:
        return listed

    async def call_tool(
        context: ServerRequestContext[Any, Any], params: types.CallToolRequestParams
    ) -> types.CallToolResult:
        tool = TOOLS.get(params.name)
        if tool is None:
            raise MCPError(types.INVALID_PARAMS, f"there is no tool {params.name[:100]}")
        try:
            return _result(await calls.call(tool, params.arguments or {}, key_of(context)))
        except ServiceError as error:
            log.info("request_rejected", tool=tool.name, code=error.code)
            return _refusal(error)
        except Exception:
            log.exception("request_failed", tool=tool.name)
            error = ServiceError("an error of ours; the request's id finds it in our logs")
            return _refusal(error, structlog.contextvars.get_contextvars().get("request_id"))

    return Server(
        "waypath-events",
        version=version("waypath-events"),
        title="Waypath Events",
        instructions=INSTRUCTIONS,
        get_tool_input_schema=lambda _: None,  # no argument of ours is repeated in a header
        on_list_tools=list_tools,
        on_call_tool=call_tool,
    )


def _described(tool: Tool) -> types.Tool:
    return types.Tool(
        name=tool.name,
        title=tool.title,
        description=tool.description,
        input_schema=tool.input_schema,
        output_schema=tool.output_schema,
        annotations=types.ToolAnnotations(
            read_only_hint=tool.is_read_only,
            destructive_hint=False,
            idempotent_hint=tool.is_read_only,  # a write is so with an idempotency key only
            open_world_hint=False,
        ),
    )


def _result(answer: Any) -> types.CallToolResult:
    text = msgspec.json.encode(answer).decode()
    return types.CallToolResult(
        content=[types.TextContent(text=text)], structured_content=json.loads(text)
    )


def _refusal(error: ServiceError, request_id: str | None = None) -> types.CallToolResult:
    result = _result(error_content(error, request_id))
    if error.retry_after is not None:
        wait = f"Call it again after {error.retry_after} seconds."
        result.content.append(types.TextContent(text=wait))
    result.is_error = True
    return result
