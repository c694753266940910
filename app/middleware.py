"""The middleware: gives every request an id, counts it, and answers what nobody foresaw."""

import itertools
import re
import secrets
import time

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.answers import error_answer
from app.errors import ServiceError
from app.figures import Figures
from app.traces import Traces

log = structlog.get_logger()

CLOSED = 499  # of a request that was never answered, as nginx counts it
NO_ROUTE = "none"

_PROCESS = secrets.token_hex(8)
_numbers = itertools.count(1)
_SANE = re.compile(r"[0-9A-Za-z._-]{1,128}", re.ASCII)


class RequestMiddleware:
    """Names each request in the `X-Request-Id` of its response and in what is logged for it.

    A caller's own id is taken if it is up to 128 letters, digits and `._-`.
    An exception that reaches this far is logged and answered with 500 `internal`, which tells
    the caller the request's id and nothing else.
    A request is counted under its route's template: a path is the caller's, and there are many.
    """

    def __init__(self, app: ASGIApp, figures: Figures, traces: Traces) -> None:
        self._app = app
        self._figures = figures
        self._traces = traces

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Calls the application with the request's id bound."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        status = CLOSED
        request_id = _given_id(scope) or f"req_{_PROCESS}{next(_numbers):x}"
        structlog.contextvars.bind_contextvars(request_id=request_id)

        async def send_named(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)["X-Request-Id"] = request_id
            await send(message)

        try:
            with self._traces.caller(scope["headers"]):
                await self._app(scope, receive, send_named)
        except Exception:
            log.exception("request_failed", method=scope["method"], path=scope["path"])
            if status != CLOSED:
                raise
            error = ServiceError("an error of ours; the request's id finds it in our logs")
            await error_answer(error, request_id)(scope, receive, send_named)
        finally:
            self._figures.answered(_template(scope), status, time.perf_counter() - started)


def _template(scope: Scope) -> str:
    route = scope.get("route")
    return route.path if isinstance(route, Route) else NO_ROUTE


def _given_id(scope: Scope) -> str | None:
    values = Headers(scope=scope).getlist("x-request-id")
    return values[0] if len(values) == 1 and _SANE.fullmatch(values[0]) else None
