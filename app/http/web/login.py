"""The login and the logout."""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from app.access.api_keys import CONTEXT_READ, EVENTS_READ, IDENTITY_READ
from app.access.guard import Guard
from app.errors import ForbiddenScope, Unauthenticated
from app.http.body import read_form
from app.http.responses import STATUS
from app.http.web import session, templates
from app.http.web.page import Page

SCOPES = (CONTEXT_READ, IDENTITY_READ, EVENTS_READ)  # of the pages: the login needs one of them


class LoginPages:
    """The login with an API key that has a scope of a page, and the logout."""

    def __init__(self, guard: Guard) -> None:
        self._guard = guard

    @Page(method="GET", path=session.PATH)
    async def login(self, request: Request) -> Response:
        """Asks for an API key, and then leads to `next`."""
        target = session.local(request.query_params.get("next", "/"))
        return _page(target)

    @Page(method="POST", path=session.PATH)
    async def log_in(self, request: Request) -> Response:
        """Stores the API key in a cookie, and leads to `next`."""
        session.require_same_origin(request)
        form = await read_form(request)
        key, target = form.get("key", "").strip(), session.local(form.get("next", "/"))
        try:
            api_key = await self._guard.authorize(key)
            if api_key.scopes.isdisjoint(SCOPES):
                raise ForbiddenScope(" or ".join(SCOPES))
        except (Unauthenticated, ForbiddenScope) as error:
            return _page(target, STATUS[error.code], error.message)
        return session.set_session(RedirectResponse(target, 303), request, key)

    @Page(method="POST", path="/logout")
    async def log_out(self, request: Request) -> Response:
        """Clears the cookie."""
        session.require_same_origin(request)
        return session.clear_session(RedirectResponse(session.PATH, 303), request)


def _page(target: str, status: int = 200, error: str = "") -> Response:
    return templates.page("login", status, next=target, error=error, login_scopes=SCOPES)
