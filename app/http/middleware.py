"""The middleware: gives every request an ID, counts it, and maps errors to responses."""

import itertools
import re
import secrets
import time

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.routing import Route, Router
from starlette.types import Message, Receive, Scope, Send

from app.http.error_mapping import map_error
from app.http.responses import REJECTED_WITH, STATUS, error_response
from app.observability.metrics import Metrics
from app.observability.tracing import Tracing

log = structlog.get_logger()

CLIENT_CLOSED_REQUEST = 499  # of a request without a response, as nginx counts it
NO_ROUTE = "none"

_PROCESS = secrets.token_hex(8)
_numbers = itertools.count(1)
_VALID_ID = re.compile(r"[0-9A-Za-z._-]{1,128}", re.ASCII)


class RequestMiddleware:
    """Names each request in the `X-Request-Id` of its response and in what is logged for it.

    A caller's own id is taken if it is up to 128 letters, digits and `._-`.
    An error is returned as JSON. An unexpected exception is logged, and returned as 500
    `internal` with the request ID and nothing else.
    A request is counted under its route's template: a path is the caller's, and there are many.
    """

    def __init__(self, router: Router, metrics: Metrics, tracing: Tracing) -> None:
        self.router = router
        self._metrics = metrics
        self._tracing = tracing

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handles a request with its ID bound for the log."""
        if scope["type"] != "http":
            await self.router(scope, receive, send)
            return
        started = time.perf_counter()
        status = CLIENT_CLOSED_REQUEST
        request_id = _client_id(scope) or f"req_{_PROCESS}{next(_numbers):x}"
        structlog.contextvars.bind_contextvars(request_id=request_id)
        scope["app"] = self  # else the router would return its own errors as text

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)["X-Request-Id"] = request_id
            await send(message)

        try:
            with self._tracing.continue_trace(scope["headers"]):
                await self.router(scope, receive, send_with_id)
        except ClientDisconnect:  # there is no client for a response
            if error := scope["state"].get(REJECTED_WITH):
                status = STATUS[map_error(error, **_context(scope))[0].code]
        except Exception as raised:
            mapped = map_error(raised, **_context(scope))
            if status != CLIENT_CLOSED_REQUEST:
                raise
            await error_response(*mapped)(scope, receive, send_with_id)
        finally:
            seconds = time.perf_counter() - started
            self._metrics.observe_request(scope["method"], _template(scope), status, seconds)


def _context(scope: Scope) -> dict[str, str]:
    return {"method": scope["method"], "path": scope["path"]}


def _template(scope: Scope) -> str:
    route = scope.get("route")
    return route.path if isinstance(route, Route) else NO_ROUTE


def _client_id(scope: Scope) -> str | None:
    values = Headers(scope=scope).getlist("x-request-id")
    return values[0] if len(values) == 1 and _VALID_ID.fullmatch(values[0]) else None
