"""The results of tools: as structure, and as the same JSON in text."""

import json
from typing import Any

import mcp_types as types
import msgspec

from app.customers.context_text import ContextText
from app.errors import ServiceError
from app.http.responses import Error, ErrorBody


class ToolError(Error, frozen=True, omit_defaults=True, rename="camel"):
    """An error of a tool: that of a route, with the seconds to wait before a retry, if any."""

    retry_after: int | None = None


def result(value: Any) -> types.CallToolResult:
    """The result with a value of any type that msgspec encodes."""
    encoded = msgspec.json.encode(value).decode()
    # A text for a prompt goes into it as it is.
    text = value.text if isinstance(value, ContextText) else encoded
    return types.CallToolResult(
        content=[types.TextContent(text=text)], structured_content=json.loads(encoded)
    )


def error_result(error: ServiceError, request_id: str | None = None) -> types.CallToolResult:
    """The result for an error, in the form of the routes. A second text has the wait, if any."""
    content = ToolError(error.code, error.message, error.details, request_id, error.retry_after)
    error_result = result(ErrorBody(content))
    if error.retry_after is not None:
        wait = f"Retry after {error.retry_after} s."
        error_result.content.append(types.TextContent(text=wait))
    error_result.is_error = True
    return error_result
