"""The pages of a Customer, of its timeline, and of the explanation of an event."""

from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from app.access.api_keys import CONTEXT_READ
from app.customers.context import Context, ContextQuery, ContextReader
from app.customers.explanation.reader import ExplanationQuery, ExplanationReader
from app.customers.timeline import Timeline, TimelineQuery, TimelineReader
from app.http.endpoints import Call
from app.http.web import templates
from app.http.web.page import Page, render
from app.http.web.timeline_view import days

_MAX_CONTEXT_BYTES = 256 * 1024  # bytes of JSON: a Customer may have any number of identifiers


class CustomerPages:
    """The pages that show a Customer and its events."""

    def __init__(
        self,
        contexts: ContextReader,
        timelines: TimelineReader,
        explanations: ExplanationReader,
    ) -> None:
        self._contexts = contexts
        self._timelines = timelines
        self._explanations = explanations

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
            return render(call, "older", **_timeline_values(timeline))
        query = ContextQuery(customer=customer_id, limit=0, max_bytes=_MAX_CONTEXT_BYTES)
        context = await self._contexts.read(query)
        return render(call, "customer", **_timeline_values(timeline), **_context_values(context))

    @Page(method="GET", path="/customers/{id}/timeline", scope=CONTEXT_READ)
    async def older(self, call: Call[None]) -> Response:
        """The page of the timeline at `cursor`, to append to the previous one."""
        return render(call, "timeline", **_timeline_values(await self._timeline(call.request)))

    @Page(method="GET", path="/events/{id}", scope=CONTEXT_READ)
    async def event(self, call: Call[None]) -> Response:
        """The explanation of an event."""
        query = ExplanationQuery(call.id)
        return render(call, "event", explanation=await self._explanations.read(query))

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
