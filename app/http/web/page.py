"""Pages: endpoints for a browser, with errors as pages, and the forms that they send."""

from collections.abc import Awaitable, Callable
from typing import Any

from msgspec import Struct
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from app.access.guard import Guard
from app.errors import ForbiddenScope, Unauthenticated
from app.http.body import MAX_FORM_BYTES, read_fields
from app.http.endpoints import Call, Endpoint, Handler
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
            except Unauthenticated:
                return session.redirect_to_login(request)
            except ClientDisconnect:
                raise
            except Exception as error:
                context = {"method": request.method, "path": request.url.path}
                mapped, request_id = map_error(error, **context)
                # The navigation leads from a page that the API key may not open to those it may.
                is_forbidden = isinstance(error, ForbiddenScope)
                scopes = await self._scopes(request, guard) if is_forbidden else frozenset()
                return templates.error_page(mapped, request_id, scopes)

        return handle

    async def _scopes(self, request: Request, guard: Guard) -> frozenset[str]:
        return (await guard.authorize(self.key_of(request), allow_stale=True)).scopes


class Fields(Struct, frozen=True):
    """The fields of a form, with all values of each name."""

    values: dict[str, list[str]]

    def text(self, name: str) -> str:
        """The last value of a name, trimmed, with plain line breaks; empty if there is none."""
        text = self.values.get(name, [""])[-1]
        return text.replace("\r\n", "\n").strip()  # browsers send two characters for a line break

    def texts(self, name: str) -> list[str]:
        """All values of a name."""
        return self.values.get(name, [])


class Form(Page, frozen=True, kw_only=True):
    """A page that takes a form of our own pages: its handler gets a Call with the Fields.

    A form of another site is rejected. `max_bytes` and `max_fields` limit its size.
    """

    method: str = "POST"
    max_bytes: int = 4 * MAX_FORM_BYTES  # a reason of 1,000 characters may need 12,000 bytes
    max_fields: int = 20

    def _decoder(self) -> Callable[[Request], Awaitable[Any]]:
        async def decode(request: Request) -> Fields:
            session.require_same_origin(request)
            return Fields(await read_fields(request, self.max_bytes, self.max_fields))

        return decode


def render(call: Call[Any], template: str, status: int = 200, **values: Any) -> Response:
    """Returns a page that offers what the scopes of the API key allow."""
    return templates.page(template, status, call.api_key.scopes, **values)
