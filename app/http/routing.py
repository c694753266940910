"""Routing: the routes of the declared endpoints."""

from collections.abc import Iterable

from starlette.requests import Request
from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send

from app.access.guard import Guard
from app.http.endpoints import ATTRIBUTE, Endpoint, Handler, Operation


def routes(features: Iterable[object], guard: Guard) -> list[Route]:
    """Returns the routes that the methods of these objects declare, in order."""
    paths: dict[str, _Methods] = {}
    for feature in features:
        for name, member in vars(type(feature)).items():
            if endpoint := getattr(member, ATTRIBUTE, None):
                methods = paths.setdefault(endpoint.path, _Methods())
                handler = endpoint.bind(getattr(feature, name), guard)
                methods.add(
                    endpoint, endpoint.around(feature, handler) if endpoint.around else handler
                )
    return [
        Route(path, methods, methods=list(methods.endpoints)) for path, methods in paths.items()
    ]


def endpoints(routes: Iterable[BaseRoute]) -> list[Endpoint]:
    """The endpoints of these routes, in their order."""
    return [
        endpoint
        for route in routes
        if isinstance(route, Route) and isinstance(route.endpoint, _Methods)
        for endpoint in route.endpoint.endpoints.values()
    ]


def operations(routes: Iterable[BaseRoute]) -> list[Operation]:
    """The operations among the endpoints of these routes, in their order."""
    return [endpoint for endpoint in endpoints(routes) if isinstance(endpoint, Operation)]


class _Methods:
    """The endpoints of one path by their methods: an ASGI application."""

    # Starlette wraps a function in what handles its errors, twice; the middleware does that here.
    def __init__(self) -> None:
        self.endpoints: dict[str, Endpoint] = {}
        self._handlers: dict[str, Handler] = {}

    def add(self, endpoint: Endpoint, handler: Handler) -> None:
        self.endpoints[endpoint.method] = endpoint
        self._handlers[endpoint.method] = handler
        if endpoint.method == "GET":
            self._handlers["HEAD"] = handler  # Starlette lets it through

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        response = await self._handlers[scope["method"]](Request(scope, receive))
        await response(scope, receive, send)
