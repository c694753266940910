"""The pages: login, search, the timeline of a Customer, and the explanation of an event."""

from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from app.access.api_keys import CONTEXT_READ
from app.access.guard import Guard
from app.customers.context import Context, ContextQuery, ContextReader
from app.customers.explanation.reader import ExplanationQuery, ExplanationReader
from app.customers.timeline import Timeline, TimelineQuery, TimelineReader
from app.errors import CustomerNotFound, ForbiddenScope, InvalidPayload, Unauthenticated
from app.http.body import read_form
from app.http.endpoints import Call
from app.http.errors import NotFound
from app.http.responses import STATUS
from app.http.web import assets, search, session, templates
from app.http.web.page import Page
from app.http.web.timeline_view import days

_MAX_CONTEXT_BYTES = 256 * 1024  # bytes of JSON: a Customer may have any number of identifiers
_CACHE_HEADERS = {
    "Cache-Control": "public, max-age=31536000, immutable",
    "X-Content-Type-Options": "nosniff",
}


class Pages:
    """The pages, behind a login with an API key that has the scope `context:read`."""

    def __init__(
        self,
        contexts: ContextReader,
        timelines: TimelineReader,
        explanations: ExplanationReader,
        guard: Guard,
    ) -> None:
        self._contexts = contexts
        self._timelines = timelines
        self._explanations = explanations
        self._guard = guard
        self._assets = assets.load()

    @Page(method="GET", path="/", scope=CONTEXT_READ)
    async def start(self, call: Call[None]) -> Response:
        """The search box."""
        return templates.page("search", query="", is_empty=False)

    @Page(method="GET", path="/search", scope=CONTEXT_READ)
    async def search(self, call: Call[None]) -> Response:
        """Redirects to the Customer with the identifier `q`, or shows that no Customer matches."""
        text = call.request.query_params.get("q", "")
        for query in search.queries(text):
            try:
                context = await self._contexts.read(query)
            except (CustomerNotFound, InvalidPayload):  # the latter for a blocked value
                continue
            return RedirectResponse(templates.customer_path(context.customer_id), 303)
        return templates.page("search", 404, query=text, is_empty=True)

    @Page(method="GET", path="/customers/{id}", scope=CONTEXT_READ)
    async def customer(self, call: Call[None]) -> Response:
        """The context of a Customer, and the first page of its timeline.

        With `cursor`, only that page of the timeline. The ID of a merged Customer redirects to
        the surviving one.
        """
        customer_id = call.id
        timeline = await self._timeline(call.request)
        if timeline.customer_id != customer_id:
            query = f"?{call.request.url.query}" if call.request.url.query else ""
            return RedirectResponse(templates.customer_path(timeline.customer_id) + query, 303)
        if "cursor" in call.request.query_params:
            return templates.page("older", **_timeline_values(timeline))
        query = ContextQuery(customer=customer_id, limit=0, max_bytes=_MAX_CONTEXT_BYTES)
        context = await self._contexts.read(query)
        return templates.page("customer", **_timeline_values(timeline), **_context_values(context))

    @Page(method="GET", path="/customers/{id}/timeline", scope=CONTEXT_READ)
    async def older(self, call: Call[None]) -> Response:
        """The page of the timeline at `cursor`, to append to the previous one."""
        return templates.page("timeline", **_timeline_values(await self._timeline(call.request)))

    @Page(method="GET", path="/events/{id}", scope=CONTEXT_READ)
    async def event(self, call: Call[None]) -> Response:
        """The explanation of an event."""
        query = ExplanationQuery(call.id)
        return templates.page("event", explanation=await self._explanations.read(query))

    @Page(method="GET", path=session.PATH)
    async def login(self, request: Request) -> Response:
        """Asks for an API key, and then leads to `next`."""
        target = session.local(request.query_params.get("next", "/"))
        return templates.page("login", next=target, error="")

    @Page(method="POST", path=session.PATH)
    async def log_in(self, request: Request) -> Response:
        """Stores the API key in a cookie, and leads to `next`."""
        session.require_same_origin(request)
        form = await read_form(request)
        key, target = form.get("key", "").strip(), session.local(form.get("next", "/"))
        try:
            await self._guard.authorize(key, CONTEXT_READ)
        except (Unauthenticated, ForbiddenScope) as error:
            return templates.page("login", STATUS[error.code], next=target, error=error.message)
        return session.set_session(RedirectResponse(target, 303), request, key)

    @Page(method="POST", path="/logout")
    async def log_out(self, request: Request) -> Response:
        """Clears the cookie."""
        session.require_same_origin(request)
        return session.clear_session(RedirectResponse(session.PATH, 303), request)

    @Page(method="GET", path=assets.ROUTE)
    async def asset(self, request: Request) -> Response:
        """The style sheet, the script or the icon."""
        asset = self._assets.get(request.path_params["name"])
        if asset is None:
            raise NotFound("No such file.")
        return Response(asset.content, 200, _CACHE_HEADERS, asset.media_type)

    async def _timeline(self, request: Request) -> Timeline:
        cursor = request.query_params.get("cursor")
        return await self._timelines.read(TimelineQuery(request.path_params["id"], cursor=cursor))


def _timeline_values(timeline: Timeline) -> dict[str, Any]:
    return {
        "customer_id": timeline.customer_id,
        "days": days(timeline.touchpoints),
        "next_cursor": timeline.next_cursor,
    }


def _context_values(context: Context) -> dict[str, Any]:
    is_link = (context.browser or "").startswith(("http://", "https://"))
    strongest = context.identifiers[0].value if context.identifiers else context.customer_id
    return {
        "context": context,
        "name": strongest,
        "browser": context.browser if is_link else None,
        "touchpoints": context.total_touchpoints or sum(event.count for event in context.events),
    }
