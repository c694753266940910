"""Endpoints: functions from a request to its response, on routes."""

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

Answer = Callable[[Request], Awaitable[Response]]


def route(path: str, answer: Answer, *methods: str, is_documented: bool = True) -> Route:
    """The route of a path on which `answer` takes these methods; what it raises goes through."""
    return Route(path, _Endpoint(answer), methods=methods, include_in_schema=is_documented)


class _Endpoint:
    # Starlette wraps a function in what answers its errors, twice; the middleware does that here.
    def __init__(self, answer: Answer) -> None:
        self._answer = answer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        response = await self._answer(Request(scope, receive))
        await response(scope, receive, send)
