"""The pages of a Customer, of its timeline, and of the explanation of an event."""

from typing import Any

from starlette.responses import RedirectResponse, Response

from app.access.api_keys import CONTEXT_READ
from app.customers.context import Context, ContextQuery, ContextReader
from app.customers.explanation.reader import ExplanationQuery, ExplanationReader
from app.customers.timeline import TimelineReader
from app.errors import InvalidPayload
from app.http.endpoints import Call
from app.http.responses import STATUS
from app.http.web import templates, timeline_filter
from app.http.web.page import Page, render
from app.http.web.timeline_filter import TimelineFilter
from app.http.web.timeline_view import TimelineView, entry, timeline_view

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
        """The context of a Customer, and the first page of its timeline, with a filter.

        With `cursor`, only that page of the timeline. The ID of a merged Customer redirects to
        the surviving one.
        """
        parameters = call.request.query_params
        shown = timeline_filter.from_parameters(parameters)
        problem, view = None, None
        try:
            view = await self._timeline(call.id, shown, parameters.get("cursor"))
        except InvalidPayload as error:
            if not shown.is_active or "cursor" in parameters:
                raise
            problem = error
        if view and "cursor" in parameters and view.customer_id == call.id:
            return render(call, "older", view=view, filter=shown)
        context = await self._contexts.read(
            ContextQuery(customer=call.id, limit=0, max_bytes=_MAX_CONTEXT_BYTES)
        )
        if context.customer_id != call.id:
            query = f"?{call.request.url.query}" if call.request.url.query else ""
            return RedirectResponse(templates.customer_path(context.customer_id) + query, 303)
        return render(
            call,
            "customer",
            STATUS[problem.code] if problem else 200,
            view=view,
            filter=shown,
            problem=problem,
            **_context_values(context),
        )

    @Page(method="GET", path="/customers/{id}/timeline", scope=CONTEXT_READ)
    async def older(self, call: Call[None]) -> Response:
        """The page of the timeline at `cursor`, to append to the previous one."""
        parameters = call.request.query_params
        shown = timeline_filter.from_parameters(parameters)
        view = await self._timeline(call.id, shown, parameters.get("cursor"))
        return render(call, "timeline", view=view, filter=shown, is_part=True)

    @Page(method="GET", path="/events/{id}", scope=CONTEXT_READ)
    async def event(self, call: Call[None]) -> Response:
        """The explanation of an event."""
        explanation = await self._explanations.read(ExplanationQuery(call.id))
        return render(call, "event", explanation=explanation, entry=entry(explanation))

    async def _timeline(
        self, customer: str, shown: TimelineFilter, cursor: str | None
    ) -> TimelineView:
        return timeline_view(await self._timelines.read(shown.query(customer, cursor)), shown)


def _context_values(context: Context) -> dict[str, Any]:
    is_link = (context.browser or "").startswith(("http://", "https://"))
    strongest = context.identifiers[0].value if context.identifiers else context.customer_id
    return {
        "context": context,
        "name": strongest,
        "browser": context.browser if is_link else None,
        "touchpoints": context.total_touchpoints or sum(event.count for event in context.events),
    }
