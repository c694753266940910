"""The tools, resources and prompts of fixed names that the conformance suite calls."""

import base64
import json

import mcp_types as types
from mcp.shared.exceptions import MCPError

# An image of one pixel, and a sound without a sample.
PNG = base64.b64encode(
    bytes.fromhex(
        "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
        "1f15c4890000000d49444154789c6360606060000000050001a5f645400000000049454e44ae426082"
    )
).decode()
WAV = base64.b64encode(
    bytes.fromhex(
        "524946462400000057415645666d74201000000001000100401f0000401f00000100080064617461"
    )
    + bytes(4)
).decode()

TEXT = types.TextContent(text="A text.")
IMAGE = types.ImageContent(data=PNG, mime_type="image/png")
AUDIO = types.AudioContent(data=WAV, mime_type="audio/wav")


def register(registry):
    """Registers everything that the suite calls."""
    for name, content in _CONTENTS.items():
        registry.add_tool(_tool(name), _returning(content))
    for name, call in _TOOLS.items():
        registry.add_tool(_tool(name), call)
    for name, (mime_type, content) in _RESOURCES.items():
        resource = types.Resource(uri=name, name=name, description=name, mime_type=mime_type)
        registry.add_resource(resource, _reading(content))
    template = types.ResourceTemplate(
        uri_template="test://template/{id}/data", name="template", description="By its ID."
    )
    registry.add_template(template, _read_template)
    for name, (arguments, messages) in _PROMPTS.items():
        registry.add_prompt(_prompt(name, arguments), _prompting(messages))
    registry.add_completion("test_prompt_with_arguments", "arg1", _complete)


def _tool(name):
    return types.Tool(name=name, description=name, input_schema={"type": "object"})


def _returning(content):
    async def call(_context, _params):
        return types.CallToolResult(content=content)

    return call


def _embedded(uri, mime_type, text):
    contents = types.TextResourceContents(uri=uri, mime_type=mime_type, text=text)
    return types.EmbeddedResource(resource=contents)


async def _fail(_context, _params):
    raise RuntimeError("This tool always fails.")


async def _report_progress(context, _params):
    for progress in (0, 50, 100):
        await context.session.report_progress(progress, 100)
    return types.CallToolResult(content=[TEXT])


async def _require_sampling(context, _params):
    capabilities = context.session.client_capabilities
    if capabilities is None or capabilities.sampling is None:
        raise MCPError(
            types.MISSING_REQUIRED_CLIENT_CAPABILITY,
            "The client must support sampling.",
            {"requiredCapabilities": {"sampling": {}}},
        )
    return types.CallToolResult(content=[TEXT])


def _reading(content):
    async def read(_context, uri, _variables):
        return content(uri)

    return read


async def _read_template(_context, uri, variables):
    text = json.dumps({"id": variables["id"]})
    return types.TextResourceContents(uri=uri, mime_type="application/json", text=text)


def _prompt(name, arguments):
    return types.Prompt(
        name=name,
        description=name,
        arguments=[types.PromptArgument(name=each, required=True) for each in arguments],
    )


def _prompting(messages):
    async def get(_context, params):
        contents = messages(**(params.arguments or {}))
        return types.GetPromptResult(
            messages=[types.PromptMessage(role="user", content=each) for each in contents]
        )

    return get


async def _complete(_context, typed):
    return [f"{typed}-completed"]


_CONTENTS = {
    "test_simple_text": [TEXT],
    "test_image_content": [IMAGE],
    "test_audio_content": [AUDIO],
    "test_embedded_resource": [_embedded("test://embedded-resource", "text/plain", "A text.")],
    "test_multiple_content_types": [
        TEXT,
        IMAGE,
        _embedded("test://mixed-content-resource", "application/json", '{"value": 123}'),
    ],
    "test_logging_tool": [TEXT],
    "test_streaming_elicitation": [TEXT],
}
_TOOLS = {
    "test_error_handling": _fail,
    "test_tool_with_progress": _report_progress,
    "test_missing_capability": _require_sampling,
}
_RESOURCES = {
    "test://static-text": (
        "text/plain",
        lambda uri: types.TextResourceContents(uri=uri, mime_type="text/plain", text="A text."),
    ),
    "test://static-binary": (
        "image/png",
        lambda uri: types.BlobResourceContents(uri=uri, mime_type="image/png", blob=PNG),
    ),
}
_PROMPTS = {
    "test_simple_prompt": ([], lambda: [TEXT]),
    "test_prompt_with_arguments": (
        ["arg1", "arg2"],
        lambda arg1, arg2: [types.TextContent(text=f"{arg1} and {arg2}")],
    ),
    "test_prompt_with_embedded_resource": (
        ["resourceUri"],
        lambda resourceUri: [_embedded(resourceUri, "text/plain", "A text."), TEXT],  # noqa: N803
    ),
    "test_prompt_with_image": ([], lambda: [IMAGE, TEXT]),
}
