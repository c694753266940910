"""The scopes that a request of the protocol requires, read from its body before it is handled."""

from collections.abc import Iterable, Mapping

import msgspec
from msgspec import Struct

from app.access.api_keys import CONTEXT_READ, EVENTS_WRITE
from app.mcp.prompts import PROMPTS
from app.mcp.resources import CUSTOMER
from app.mcp.tool import Tool

_CUSTOMERS = CUSTOMER.partition("{")[0]


class _Params(Struct, frozen=True):
    name: str = ""
    uri: str = ""


class _Request(Struct, frozen=True):
    method: str
    params: _Params = _Params()


def required_scopes(body: bytes, tools: Mapping[str, Tool]) -> Iterable[str]:
    """The scopes of which the caller must have one. Empty: any caller may send the request.

    `tools` are those that the service offers. The handlers check the scopes again, so an unknown
    form of a request requires none here.
    """
    try:
        request = msgspec.json.decode(body, type=_Request)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return ()
    params = request.params
    match request.method:
        case "tools/call" if params.name in tools:
            return (tools[params.name].scope,)
        case "prompts/get" if params.name in PROMPTS:
            return (PROMPTS[params.name].scope,)
        case "resources/read" if params.uri.startswith(_CUSTOMERS):
            return (CONTEXT_READ,)
        case "completion/complete":
            return (CONTEXT_READ, EVENTS_WRITE)
        case _:
            return ()
