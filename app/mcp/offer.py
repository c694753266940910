"""The offer: the service's own tools, resources and prompts, in the types of the protocol."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import mcp_types as types

from app.mcp.features import Features
from app.mcp.prompts import LOG_ACTION, PROMPTS, Message, Prompt
from app.mcp.registry import Context, Registry
from app.mcp.resources import JSON, RESOURCES, TIMELINE, Resource
from app.mcp.results import result
from app.mcp.tool import Tool

GetApiKey = Callable[[Context], str | None]


def registry(features: Features, get_api_key: GetApiKey) -> Registry:
    """Registers everything of the service. `get_api_key` returns the API key of a request."""
    handlers = _Handlers(features, get_api_key)
    offered = Registry()
    for tool in features.tools.tools.values():
        offered.add_tool(_tool(tool), handlers.call_tool, partial(handlers.is_offered, tool))
    for prompt in PROMPTS.values():
        offered.add_prompt(_prompt(prompt), handlers.get_prompt)
    for resource in RESOURCES.values():
        read = partial(handlers.read_resource, resource)
        if resource.is_template:
            offered.add_template(_template(resource), read)
        else:
            offered.add_resource(_resource(resource), read)
    for of in (LOG_ACTION.name, TIMELINE):
        offered.add_completion(of, "event", handlers.complete_event)
    return offered


class _Handlers:
    """Calls the features with the API key of a request."""

    def __init__(self, features: Features, get_api_key: GetApiKey) -> None:
        self._features = features
        self._get_api_key = get_api_key

    async def is_offered(self, tool: Tool, context: Context) -> bool:
        return await self._features.tools.is_offered(tool, self._get_api_key(context))

    async def call_tool(
        self, context: Context, params: types.CallToolRequestParams
    ) -> types.CallToolResult:
        tools = self._features.tools
        tool, arguments = tools.tools[params.name], params.arguments or {}
        return result(await tools.call(tool, arguments, self._get_api_key(context)))

    async def get_prompt(
        self, context: Context, params: types.GetPromptRequestParams
    ) -> types.GetPromptResult:
        prompt, arguments = PROMPTS[params.name], params.arguments or {}
        key = self._get_api_key(context)
        messages = await self._features.prompts.get(prompt, arguments, key)
        return types.GetPromptResult(
            description=prompt.title, messages=[_message(message) for message in messages]
        )

    async def read_resource(
        self, resource: Resource, context: Context, uri: str, variables: Mapping[str, Any]
    ) -> types.TextResourceContents:
        key = self._get_api_key(context)
        text = await self._features.resources.read(resource.uri, variables, key)
        return types.TextResourceContents(uri=uri, mime_type=resource.mime_type, text=text)

    async def complete_event(self, context: Context, typed: str) -> list[str]:
        return await self._features.event_names.complete(typed, self._get_api_key(context))


def _tool(tool: Tool) -> types.Tool:
    return types.Tool(
        name=tool.name,
        title=tool.title,
        description=tool.description,
        input_schema=tool.input_schema,
        output_schema=tool.output_schema,
        annotations=types.ToolAnnotations(
            read_only_hint=tool.is_read_only,
            destructive_hint=tool.is_destructive,
            # A write of events is idempotent only with an idempotency key.
            idempotent_hint=tool.is_read_only or tool.is_repeatable,
            open_world_hint=False,
        ),
    )


def _prompt(prompt: Prompt) -> types.Prompt:
    return types.Prompt(
        name=prompt.name,
        title=prompt.title,
        description=prompt.description,
        arguments=[
            types.PromptArgument(
                name=argument.name,
                description=argument.description,
                required=argument.is_required,
            )
            for argument in prompt.arguments
        ],
    )


def _message(message: Message) -> types.PromptMessage:
    if message.uri is None:
        return types.PromptMessage(role="user", content=types.TextContent(text=message.text))
    contents = types.TextResourceContents(uri=message.uri, mime_type=JSON, text=message.text)
    return types.PromptMessage(role="user", content=types.EmbeddedResource(resource=contents))


def _resource(resource: Resource) -> types.Resource:
    return types.Resource(uri=resource.uri, **_described(resource))


def _template(resource: Resource) -> types.ResourceTemplate:
    return types.ResourceTemplate(uri_template=resource.uri, **_described(resource))


def _described(resource: Resource) -> dict[str, Any]:
    return {
        "name": resource.name,
        "title": resource.title,
        "description": resource.description,
        "mime_type": resource.mime_type,
    }
