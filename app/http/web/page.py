"""Pages: endpoints for a browser, whose errors are pages as well."""

from collections.abc import Awaitable, Callable

import structlog
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from app.access.guard import Guard
from app.errors import ForbiddenScope, ServiceError, Unauthenticated
from app.http.endpoints import Endpoint, Handler
from app.http.web import session, templates

log = structlog.get_logger()


class Page(Endpoint, frozen=True, kw_only=True):
    """An endpoint whose API key is in the cookie; without a valid one it redirects to the login."""

    key_of: Callable[[Request], str | None] = session.key

    def bind(self, handler: Callable[..., Awaitable[Response]], guard: Guard) -> Handler:
        """The handler behind the guard, with its errors as pages."""
        guarded = super().bind(handler, guard)

        async def handle(request: Request) -> Response:
            try:
                return await guarded(request)
            except (Unauthenticated, ForbiddenScope):
                return session.ask(request)
            except ClientDisconnect:
                raise
            except ServiceError as error:
                path = request.url.path
                log.info("request_rejected", method=request.method, path=path, code=error.code)
                return templates.error_page(error)
            except Exception:
                log.exception("request_failed", method=request.method, path=request.url.path)
                request_id = structlog.contextvars.get_contextvars().get("request_id")
                return templates.error_page(ServiceError("an error of ours"), request_id)

        return handle
