"""Pages: endpoints for a browser, with errors as pages."""

from collections.abc import Awaitable, Callable

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from app.access.guard import Guard
from app.errors import ForbiddenScope, Unauthenticated
from app.http.endpoints import Endpoint, Handler
from app.http.error_mapping import map_error
from app.http.web import session, templates


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
                return session.redirect_to_login(request)
            except ClientDisconnect:
                raise
            except Exception as error:
                context = {"method": request.method, "path": request.url.path}
                return templates.error_page(*map_error(error, **context))

        return handle
