"""The proxy: offers one agent over stdio the features of a remote service."""

import logging
from typing import Any, TypeVar

import mcp_types as types
from mcp.server.lowlevel import Server
from mcp.server.stdio import stdio_server
from mcp.shared.dispatcher import ProgressFnT

from app.errors import ServiceError
from app.mcp.registry import Context, protocol_error
from app.mcp.remote import RemoteInfo, RemoteService
from app.mcp.results import error_result

P = TypeVar("P", bound=types.RequestParams)


async def serve(url: str, key: str) -> None:
    """Serves one agent on standard input and output by the service at a URL, until it disconnects.

    Raises ServiceError before anything is served, if the service cannot be reached or rejects the
    API key.
    """
    logging.getLogger("httpx2").setLevel(logging.WARNING)  # else a line for each request
    async with RemoteService(url, key) as remote:
        mcp = server(RemoteFeatures(remote), await remote.connect())
        async with stdio_server() as (requests, responses):
            await mcp.run(requests, responses, mcp.create_initialization_options())


class RemoteFeatures:
    """Forwards requests to a service. Its errors are those of the service.

    If it has no result, the result of a tool is an error in the form of the service; any other
    request has an error of the protocol.
    """

    def __init__(self, remote: RemoteService) -> None:
        self._remote = remote

    async def list_tools(
        self, _: Context, params: types.PaginatedRequestParams | None
    ) -> types.ListToolsResult:
        """Returns the tools of the service."""
        request = types.ListToolsRequest(params=params and _own(params))
        return await self._send(request, types.ListToolsResult)

    async def call_tool(
        self, context: Context, params: types.CallToolRequestParams
    ) -> types.CallToolResult:
        """Calls a tool of the service, and reports its progress."""
        request = types.CallToolRequest(params=_own(params))
        try:
            return await self._remote.send(request, types.CallToolResult, _progress(context))
        except ServiceError as error:
            return error_result(error)

    async def list_prompts(
        self, _: Context, params: types.PaginatedRequestParams | None
    ) -> types.ListPromptsResult:
        """Returns the prompts of the service."""
        request = types.ListPromptsRequest(params=params and _own(params))
        return await self._send(request, types.ListPromptsResult)

    async def get_prompt(
        self, _: Context, params: types.GetPromptRequestParams
    ) -> types.GetPromptResult:
        """Returns the messages of a prompt."""
        request = types.GetPromptRequest(params=_own(params))
        return await self._send(request, types.GetPromptResult)

    async def list_resources(
        self, _: Context, params: types.PaginatedRequestParams | None
    ) -> types.ListResourcesResult:
        """Returns the resources of the service."""
        request = types.ListResourcesRequest(params=params and _own(params))
        return await self._send(request, types.ListResourcesResult)

    async def list_templates(
        self, _: Context, params: types.PaginatedRequestParams | None
    ) -> types.ListResourceTemplatesResult:
        """Returns the URI templates of the service."""
        request = types.ListResourceTemplatesRequest(params=params and _own(params))
        return await self._send(request, types.ListResourceTemplatesResult)

    async def read_resource(
        self, _: Context, params: types.ReadResourceRequestParams
    ) -> types.ReadResourceResult:
        """Returns the content of a resource."""
        request = types.ReadResourceRequest(params=_own(params))
        return await self._send(request, types.ReadResourceResult)

    async def complete(
        self, _: Context, params: types.CompleteRequestParams
    ) -> types.CompleteResult:
        """Returns the values of an argument."""
        request = types.CompleteRequest(params=_own(params))
        return await self._send(request, types.CompleteResult)

    async def _send(self, request: types.Request[Any, Any], result_type: type[Any]) -> Any:
        try:
            return await self._remote.send(request, result_type)
        except ServiceError as error:
            raise protocol_error(error) from error


def server(offered: RemoteFeatures, info: RemoteInfo) -> Server[Any]:
    """The MCP server that forwards, under the name and with the instructions of the service."""
    return Server(
        info.name,
        version=info.version,
        title=info.title,
        instructions=info.instructions,
        get_tool_input_schema=lambda _: None,
        on_list_tools=offered.list_tools,
        on_call_tool=offered.call_tool,
        on_list_prompts=offered.list_prompts,
        on_get_prompt=offered.get_prompt,
        on_list_resources=offered.list_resources,
        on_list_resource_templates=offered.list_templates,
        on_read_resource=offered.read_resource,
        on_completion=offered.complete,
    )


def _own(params: P) -> P:
    """The parameters without the metadata of the agent's connection."""
    return params.model_copy(update={"meta": None})


def _progress(context: Context) -> ProgressFnT | None:
    if context.meta is None or context.meta.get("progress_token") is None:
        return None
    return context.session.report_progress
