"""The middleware: gives every request an ID, counts it, and maps errors to responses."""

import time

import structlog
from starlette.datastructures import MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.routing import Route, Router
from starlette.types import Message, Receive, Scope, Send

from app.access import api_keys
from app.http.error_mapping import map_error
from app.http.event_stream import RESPONDED_AT
from app.http.request_id import request_id
from app.http.responses import REJECTED_WITH, STATUS, error_response
from app.observability.metrics import Metrics
from app.observability.tracing import Tracing

log = structlog.get_logger()

CLIENT_CLOSED_REQUEST = 499  # the status that nginx counts for a request without a response
NO_ROUTE = "none"


class RequestMiddleware:
    """Adds the request ID to the response as `X-Request-Id`, and to each log event of the request.

    Returns an error as JSON. Logs an unexpected exception and returns it as 500 `internal`, with
    the request ID and no details.
    Counts a request under the template of its route: paths would be labels without a bound.
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
        id_ = request_id(scope)
        structlog.contextvars.bind_contextvars(request_id=id_)
        scope["app"] = self  # otherwise the router returns its own errors as text

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)["X-Request-Id"] = id_
            await send(message)

        try:
            with self._tracing.continue_trace(scope["headers"]):
                await self.router(scope, receive, send_with_id)
        except ClientDisconnect:  # no client waits for a response
            if error := scope["state"].get(REJECTED_WITH):
                status = STATUS[map_error(error, **_context(scope))[0].code]
        except Exception as raised:
            mapped = map_error(raised, **_context(scope))
            if status != CLIENT_CLOSED_REQUEST:
                raise
            await error_response(*mapped)(scope, receive, send_with_id)
        finally:
            # The time of a stream depends on its reader.
            ended = scope["state"].get(RESPONDED_AT) or time.perf_counter()
            seconds = ended - started
            self._metrics.observe_request(scope["method"], _template(scope), status, seconds)


def _context(scope: Scope) -> dict[str, str]:
    # Browsers have a write key in a path.
    path = api_keys.mask(scope["path"].encode(errors="replace")).decode()
    return {"method": scope["method"], "path": path}


def _template(scope: Scope) -> str:
    route = scope.get("route")
    return route.path if isinstance(route, Route) else NO_ROUTE
