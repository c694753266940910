"""The registry: the tools, resources and prompts of an MCP server, each with its handler."""

from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import Any

import mcp_types as types
from mcp.server.context import ServerRequestContext
from mcp.shared.exceptions import MCPError
from mcp.shared.uri_template import UriTemplate

from app.errors import ServiceError
from app.http.error_mapping import map_error
from app.http.responses import STATUS
from app.mcp.progress import reporting
from app.mcp.results import error_result

MAX_COMPLETIONS = 100  # by the protocol

Context = ServerRequestContext[Any, Any]
CallTool = Callable[
    [Context, types.CallToolRequestParams],
    Awaitable[types.CallToolResult | types.InputRequiredResult],
]
IsOffered = Callable[[Context], Awaitable[bool]]
GetPrompt = Callable[
    [Context, types.GetPromptRequestParams],
    Awaitable[types.GetPromptResult | types.InputRequiredResult],
]
# With the URI, and the values of the variables of its template.
ReadResource = Callable[
    [Context, str, Mapping[str, Any]],
    Awaitable[types.TextResourceContents | types.BlobResourceContents],
]
# Returns all values for a text that the user typed so far, the best first.
Complete = Callable[[Context, str], Awaitable[list[str]]]


async def _always(_: Context) -> bool:
    return True


class Registry:
    """Lists what is registered, and calls the handler of a request.

    A ServiceError of a tool is a result with `isError`. One of a resource, a prompt or a completion
    is an error of the protocol, as is an unknown name.
    """

    def __init__(self) -> None:
        self._tools: dict[str, tuple[types.Tool, CallTool, IsOffered]] = {}
        self._prompts: dict[str, tuple[types.Prompt, GetPrompt]] = {}
        self._resources: dict[str, tuple[types.Resource, ReadResource]] = {}
        self._templates: dict[str, tuple[types.ResourceTemplate, UriTemplate, ReadResource]] = {}
        self._completions: dict[tuple[str, str], Complete] = {}

    def add_tool(self, tool: types.Tool, call: CallTool, is_offered: IsOffered = _always) -> None:
        """Registers a tool, which a list has if it `is_offered` to the caller."""
        self._tools[tool.name] = tool, call, is_offered

    def add_prompt(self, prompt: types.Prompt, get: GetPrompt) -> None:
        """Registers a prompt."""
        self._prompts[prompt.name] = prompt, get

    def add_resource(self, resource: types.Resource, read: ReadResource) -> None:
        """Registers a resource with a URI of its own."""
        self._resources[resource.uri] = resource, read

    def add_template(self, template: types.ResourceTemplate, read: ReadResource) -> None:
        """Registers the resources of a URI template (RFC 6570)."""
        uris = UriTemplate.parse(template.uri_template)
        self._templates[template.uri_template] = template, uris, read

    def add_completion(self, of: str, argument: str, complete: Complete) -> None:
        """Registers the completion of an argument, `of` a prompt's name or a URI template."""
        self._completions[of, argument] = complete

    async def list_tools(self, context: Context, _params: Any) -> types.ListToolsResult:
        """Returns the tools for the caller. Raises MCPError."""
        try:
            tools = [
                tool for tool, _, is_offered in self._tools.values() if await is_offered(context)
            ]
        except Exception as error:
            raise protocol_error(*map_error(error, request="tools/list")) from error
        return types.ListToolsResult(tools=tools)

    async def call_tool(
        self, context: Context, params: types.CallToolRequestParams
    ) -> types.CallToolResult | types.InputRequiredResult:
        """Calls a tool. Raises MCPError if there is none of this name."""
        if params.name not in self._tools:
            message = f"Unknown tool {params.name[:100]}. Call tools/list for the known tools."
            raise MCPError(types.INVALID_PARAMS, message)
        _, call, _ = self._tools[params.name]
        try:
            async with reporting(context):
                return await call(context, params)
        except MCPError:
            raise
        except Exception as error:
            return error_result(*map_error(error, tool=params.name))

    async def list_prompts(self, _context: Context, _params: Any) -> types.ListPromptsResult:
        """Returns all prompts."""
        return types.ListPromptsResult(prompts=[prompt for prompt, _ in self._prompts.values()])

    async def get_prompt(
        self, context: Context, params: types.GetPromptRequestParams
    ) -> types.GetPromptResult | types.InputRequiredResult:
        """Returns the messages of a prompt. Raises MCPError."""
        if params.name not in self._prompts:
            message = (
                f"Unknown prompt {params.name[:100]}. Call prompts/list for the known prompts."
            )
            raise MCPError(types.INVALID_PARAMS, message)
        _, get = self._prompts[params.name]
        try:
            return await get(context, params)
        except MCPError:
            raise
        except Exception as error:
            raise protocol_error(*map_error(error, prompt=params.name)) from error

    async def list_resources(self, _context: Context, _params: Any) -> types.ListResourcesResult:
        """Returns all resources that have a URI of their own."""
        return types.ListResourcesResult(resources=[each for each, _ in self._resources.values()])

    async def list_templates(
        self, _context: Context, _params: Any
    ) -> types.ListResourceTemplatesResult:
        """Returns all URI templates."""
        templates = [template for template, _, _ in self._templates.values()]
        return types.ListResourceTemplatesResult(resource_templates=templates)

    async def read_resource(
        self, context: Context, params: types.ReadResourceRequestParams
    ) -> types.ReadResourceResult:
        """Returns the content of a resource. Raises MCPError."""
        name, read, variables = self._resource(params.uri)
        try:
            content = await read(context, params.uri, variables)
        except MCPError:
            raise
        except Exception as error:
            mapped = map_error(error, resource=name)
            raise protocol_error(*mapped, uri=params.uri) from error
        return types.ReadResourceResult(contents=[content])

    async def complete(
        self, context: Context, params: types.CompleteRequestParams
    ) -> types.CompleteResult:
        """Returns the values of an argument; none if it has no completion. Raises MCPError."""
        ref = params.ref
        of = ref.name if isinstance(ref, types.PromptReference) else ref.uri
        complete = self._completions.get((of, params.argument.name))
        try:
            values = await complete(context, params.argument.value) if complete else []
        except Exception as error:
            raise protocol_error(*map_error(error, completion=params.argument.name)) from error
        completion = types.Completion(
            values=values[:MAX_COMPLETIONS],
            total=len(values),
            has_more=len(values) > MAX_COMPLETIONS,
        )
        return types.CompleteResult(completion=completion)

    def _resource(self, uri: str) -> tuple[str, ReadResource, Mapping[str, Any]]:
        if uri in self._resources:
            return uri, self._resources[uri][1], {}
        for name, (_, uris, read) in self._templates.items():
            variables = uris.match(uri)
            if variables is not None:
                return name, read, variables
        raise MCPError(types.INVALID_PARAMS, "No resource has this URI.", {"uri": uri})


def protocol_error(error: ServiceError, request_id: str | None = None, **data: Any) -> MCPError:
    """Returns the error of the protocol for an error, with its code and details in the data."""
    status = STATUS.get(error.code, HTTPStatus.BAD_REQUEST)
    is_of_request = status < HTTPStatus.INTERNAL_SERVER_ERROR and error.retry_after is None
    code = types.INVALID_PARAMS if is_of_request else types.INTERNAL_ERROR
    data["code"] = error.code
    data["details"] = [{"path": each.path, "message": each.message} for each in error.details]
    if error.retry_after is not None:
        data["retryAfter"] = error.retry_after
    if request_id is not None:
        data["requestId"] = request_id
    return MCPError(code, error.message, data)
