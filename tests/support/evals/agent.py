"""The scripted agent: performs the calls of a transcript with the official MCP client."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx2
import jsonschema_rs
import mcp_types as types
from mcp.client import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.exceptions import MCPError

from tests.support.evals import network
from tests.support.evals.network import LossyTransport
from tests.support.evals.outcomes import Outcome


class Agent:
    """Calls tools, resources, prompts and completions over one connection."""

    def __init__(self, client: Client, tools: list[types.Tool]) -> None:
        self._client = client
        self._tools = {tool.name: tool for tool in tools}
        self._calls = {
            "tool": self._call_tool,
            "resource": self._read_resource,
            "prompt": self._get_prompt,
            "complete": self._complete,
        }

    async def perform(self, action: str, name: str, arguments: dict[str, Any]) -> Outcome:
        """Performs a call."""
        try:
            return await self._calls[action](name, arguments)
        except MCPError as error:
            failure = {"code": error.code, "message": error.message, "data": error.data}
            return Outcome({"protocolError": failure}, protocol_error=failure)

    def inconsistencies(
        self, name: str | None, arguments: dict[str, Any], outcome: Outcome
    ) -> list[str]:
        """Returns where a tool contradicts its description, a sentence each.

        The client itself compares a result with the schema.
        """
        if outcome.protocol_error is not None:
            return []
        found = []
        tool = self._tools[name or ""]
        is_valid = jsonschema_rs.is_valid(tool.input_schema, arguments)
        if _is_accepted(outcome) and not is_valid:
            found.append("the input schema of the tool forbids arguments that it accepts")
        if arguments.get("format") != "text" and json.loads(outcome.texts[0]) != outcome.value:
            found.append("the text of the result differs from its structure")
        return found

    async def _call_tool(self, name: str, arguments: dict[str, Any]) -> Outcome:
        result = await self._client.call_tool(name, arguments)
        value = result.structured_content
        error = value["error"] if value and result.is_error else None
        return Outcome(value, [_text(content) for content in result.content], error)

    async def _read_resource(self, uri: str, _: dict[str, Any]) -> Outcome:
        (content,) = (await self._client.read_resource(uri)).contents
        return Outcome(_content(content))

    async def _get_prompt(self, name: str, arguments: dict[str, Any]) -> Outcome:
        messages = (await self._client.get_prompt(name, arguments)).messages
        return Outcome({"messages": [_message(message.content) for message in messages]})

    async def _complete(self, of: str, arguments: dict[str, Any]) -> Outcome:
        reference = (
            types.ResourceTemplateReference(type="ref/resource", uri=of)
            if "://" in of
            else types.PromptReference(type="ref/prompt", name=of)
        )
        ((argument, typed),) = arguments.items()
        result = await self._client.complete(reference, {"name": argument, "value": typed})
        return Outcome({"values": result.completion.values})


@asynccontextmanager
async def connected(
    address: str, key: str, transport: LossyTransport | None = None
) -> AsyncIterator[Agent]:
    """An agent with an API key, which is connected to the service and knows its tools."""
    headers = {"X-API-Key": key}
    async with (
        network.client(transport or LossyTransport(), headers) as http,
        Client(streamable_http_client(f"{address}/mcp", http_client=http)) as client,
    ):
        yield Agent(client, (await client.list_tools()).tools)


async def perform_without_result(
    address: str, key: str, step: tuple[str, str, dict[str, Any]], fault: str
) -> Outcome:
    """Performs a call that loses its request or its response, over a connection of its own."""
    transport = LossyTransport()
    try:
        async with connected(address, key, transport) as agent:
            transport.fault = fault
            return await agent.perform(*step)
    except* httpx2.TransportError:
        pass  # the client ends the connection
    return Outcome(is_lost=True)


def _is_accepted(outcome: Outcome) -> bool:
    """Whether the tool accepted all of the arguments, also each event of a lenient batch."""
    results = outcome.value.get("results", [])
    return outcome.error is None and not any("error" in result for result in results)


def _text(content: Any) -> str:
    assert isinstance(content, types.TextContent)
    return content.text


def _message(content: Any) -> Any:
    if isinstance(content, types.EmbeddedResource):
        return _content(content.resource)
    return {"text": _text(content)}


def _content(content: Any) -> Any:
    assert isinstance(content, types.TextResourceContents)
    if content.mime_type == "application/json":
        return {"uri": content.uri, "json": json.loads(content.text)}
    return {"uri": content.uri, "text": content.text}
