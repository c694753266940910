"""The proxy: offers one agent over stdio the features of a remote service."""

import logging
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, NoReturn, TypeVar

import mcp_types as types
from mcp.server.lowlevel import Server
from mcp.server.stdio import stdio_server

from app.errors import ServiceError
from app.mcp.progress import wants_progress
from app.mcp.registry import Context, protocol_error
from app.mcp.remote import RemoteInfo, RemoteService
from app.mcp.results import error_result

R = TypeVar("R", bound=types.Result)


async def serve(url: str, key: str) -> None:
    """Serves one agent on standard input and output by the service at a URL, until it disconnects.

    Raises ServiceError before anything is served, if the service cannot be reached or rejects the
    API key.
    """
    logging.getLogger("httpx2").setLevel(logging.WARNING)  # else a line for each request
    async with RemoteService(url, key) as remote:
        mcp = server(remote, await remote.connect())
        async with stdio_server() as (requests, responses):
            await mcp.run(requests, responses, mcp.create_initialization_options())


def server(remote: RemoteService, info: RemoteInfo) -> Server[Any]:
    """The MCP server that forwards, under the name and with the instructions of the service.

    Its errors are those of the service. If the service has no result, the result of a tool is an
    error in the form of the service; any other request has an error of the protocol.
    """
    forward = partial(_forward, remote)
    return Server(
        info.name,
        version=info.version,
        title=info.title,
        instructions=info.instructions,
        get_tool_input_schema=lambda _: None,
        on_list_tools=forward(types.ListToolsRequest, types.ListToolsResult),
        on_call_tool=forward(types.CallToolRequest, types.CallToolResult, error_result),
        on_list_prompts=forward(types.ListPromptsRequest, types.ListPromptsResult),
        on_get_prompt=forward(types.GetPromptRequest, types.GetPromptResult),
        on_list_resources=forward(types.ListResourcesRequest, types.ListResourcesResult),
        on_list_resource_templates=forward(
            types.ListResourceTemplatesRequest, types.ListResourceTemplatesResult
        ),
        on_read_resource=forward(types.ReadResourceRequest, types.ReadResourceResult),
        on_completion=forward(types.CompleteRequest, types.CompleteResult),
    )


def _raise(error: ServiceError) -> NoReturn:
    raise protocol_error(error) from error


def _forward(
    remote: RemoteService,
    request_type: Callable[..., types.Request[Any, Any]],
    result_type: type[R],
    get_result: Callable[[ServiceError], R] = _raise,
) -> Callable[[Context, Any], Awaitable[R]]:
    """Returns the handler of a type of requests. It reports their progress, if the agent wants it.

    `get_result` returns the result in place of an error, or raises MCPError.
    """

    async def handle(context: Context, params: types.RequestParams | None) -> R:
        # Without the metadata of the agent's connection.
        own = params and params.model_copy(update={"meta": None})
        report = context.session.report_progress if wants_progress(context) else None
        try:
            return await remote.send(request_type(params=own), result_type, report)
        except ServiceError as error:
            return get_result(error)

    return handle
