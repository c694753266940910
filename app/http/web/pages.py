"""The pages: the door for people, who search for a Customer and read its timeline."""

from collections.abc import Awaitable, Callable
from typing import Any

import structlog
from starlette.requests import ClientDisconnect, Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from app.access.api_keys import CONTEXT_READ
from app.access.guard import Guard
from app.customers.context import Context, ContextQuery, ContextReader
from app.customers.explanation.reader import ExplanationQuery, ExplanationReader
from app.customers.timeline import Timeline, TimelineQuery, TimelineReader
from app.errors import (
    CustomerNotFound,
    ForbiddenScope,
    InvalidPayload,
    NotFound,
    ServiceError,
    Unauthenticated,
)
from app.http.body import read_form
from app.http.responses import STATUS
from app.http.routing import route
from app.http.web import assets, search, session, templates
from app.http.web.timeline_view import days

log = structlog.get_logger()

_FACTS = 256 * 1024  # bytes of JSON: a Customer may have any number of identifiers
_FOREVER = {
    "Cache-Control": "public, max-age=31536000, immutable",
    "X-Content-Type-Options": "nosniff",
}

Door = Callable[[Request], Awaitable[Response]]


class Pages:
    """The pages, each of them behind a login with a key that may read."""

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

    def routes(self) -> list[Route]:
        """The routes of the pages and of what they are shown with."""
        doors: list[tuple[str, str, Door]] = [
            ("GET", "/", self.start),
            ("GET", "/search", self.search),
            ("GET", "/customers/{id}", self.customer),
            ("GET", "/customers/{id}/timeline", self.older),
            ("GET", "/events/{id}", self.event),
            ("GET POST", session.PATH, self.login),
            ("POST", "/logout", self.log_out),
            ("GET", assets.ROUTE, self.asset),
        ]
        return [
            route(path, _answered(door), *each.split(), is_documented=False)
            for each, path, door in doors
        ]

    async def start(self, request: Request) -> Response:
        """`GET /`: the search box."""
        await self._enter(request)
        return templates.page("search", asked="", is_nobody=False)

    async def search(self, request: Request) -> Response:
        """`GET /search?q=`: leads to the Customer whom a text names, or says that it is nobody."""
        await self._enter(request)
        asked = request.query_params.get("q", "")
        for query in search.queries(asked):
            try:
                found = await self._contexts.read(query)
            except (CustomerNotFound, InvalidPayload):  # the latter of what is blocked
                continue
            return RedirectResponse(templates.customer_path(found.customer_id), 303)
        return templates.page("search", 404, asked=asked, is_nobody=True)

    async def customer(self, request: Request) -> Response:
        """`GET /customers/{id}`: what is known of a Customer, and the first page of its timeline.

        With `cursor`, a later page of it alone. The id of a Customer who was merged leads to the
        one into which it was.
        """
        await self._enter(request)
        customer_id = request.path_params["id"]
        timeline = await self._timeline(request)
        if timeline.customer_id != customer_id:
            query = f"?{request.url.query}" if request.url.query else ""
            return RedirectResponse(templates.customer_path(timeline.customer_id) + query, 303)
        if "cursor" in request.query_params:
            return templates.page("older", **_shown(timeline))
        query = ContextQuery(customer=customer_id, limit=0, max_bytes=_FACTS)
        context = await self._contexts.read(query)
        return templates.page("customer", **_shown(timeline), **_facts(context))

    async def older(self, request: Request) -> Response:
        """`GET /customers/{id}/timeline?cursor=`: a later page, to put at the end of this one."""
        await self._enter(request)
        return templates.page("timeline", **_shown(await self._timeline(request)))

    async def event(self, request: Request) -> Response:
        """`GET /events/{id}`: why an event is with its Customer."""
        await self._enter(request)
        query = ExplanationQuery(request.path_params["id"])
        return templates.page("event", explained=await self._explanations.read(query))

    async def login(self, request: Request) -> Response:
        """`/login`: asks for a key with GET, keeps it with POST, then leads to `next`."""
        if request.method == "POST":
            return await self._log_in(request)
        return templates.page(
            "login", next=session.local(request.query_params.get("next", "/")), fault=""
        )

    async def _log_in(self, request: Request) -> Response:
        session.check_origin(request)
        form = await read_form(request)
        key, target = form.get("key", "").strip(), session.local(form.get("next", "/"))
        try:
            await self._guard.authorize(key, CONTEXT_READ)
        except (Unauthenticated, ForbiddenScope) as error:
            return templates.page("login", STATUS[error.code], next=target, fault=error.message)
        return session.keep(RedirectResponse(target, 303), request, key)

    async def log_out(self, request: Request) -> Response:
        """`POST /logout`: forgets the key."""
        session.check_origin(request)
        return session.forget(RedirectResponse(session.PATH, 303), request)

    async def asset(self, request: Request) -> Response:
        """`GET /static/{name}`: the style sheet, the script and the icon, for any caller."""
        found = self._assets.get(request.path_params["name"])
        if found is None:
            raise NotFound("there is no such file")
        return Response(found.content, 200, _FOREVER, found.media_type)

    async def _enter(self, request: Request) -> None:
        await self._guard.consume(await self._guard.authorize(session.key(request), CONTEXT_READ))

    async def _timeline(self, request: Request) -> Timeline:
        cursor = request.query_params.get("cursor")
        return await self._timelines.read(TimelineQuery(request.path_params["id"], cursor=cursor))


def _shown(timeline: Timeline) -> dict[str, Any]:
    return {
        "customer_id": timeline.customer_id,
        "days": days(timeline.touchpoints),
        "next_cursor": timeline.next_cursor,
    }


def _facts(context: Context) -> dict[str, Any]:
    is_link = (context.browser or "").startswith(("http://", "https://"))
    strongest = context.identifiers[0].value if context.identifiers else context.customer_id
    return {
        "context": context,
        "name": strongest,
        "browser": context.browser if is_link else None,
        "touchpoints": sum(each.count for each in context.events),
    }


def _answered(door: Door) -> Door:
    """The door, whose errors are pages; without a key that may read, it leads to the login."""

    async def answer(request: Request) -> Response:
        try:
            return await door(request)
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

    return answer
