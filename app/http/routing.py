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
                handler = endpoint.bind(getattr(feature, name), guard)
                handler = endpoint.around(feature, handler) if endpoint.around else handler
                for path in (endpoint.path, *endpoint.aliases):
                    paths.setdefault(path, _Methods()).add(endpoint, handler)
    return [Route(path, methods, methods=methods.names) for path, methods in paths.items()]


def endpoints(routes: Iterable[BaseRoute]) -> list[Endpoint]:
    """The endpoints of these routes, in their order, each once."""
    return [
        endpoint
        for route in routes
        if isinstance(route, Route) and isinstance(route.endpoint, _Methods)
        for endpoint in route.endpoint.endpoints.values()
        if endpoint.path == route.path
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

    @property
    def names(self) -> list[str]:
        """The names of the methods, HEAD not included."""
        return [name for name in self._handlers if name != "HEAD"]

    def add(self, endpoint: Endpoint, handler: Handler) -> None:
        self.endpoints[endpoint.method] = endpoint
        self._handlers[endpoint.method] = handler
        if endpoint.method == "GET":
            self._handlers["HEAD"] = handler  # Starlette lets it through
        if endpoint.preflight:
            self._handlers["OPTIONS"] = endpoint.preflight

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        response = await self._handlers[scope["method"]](Request(scope, receive))
        await response(scope, receive, send)
