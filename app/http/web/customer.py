"""The pages of a Customer, of its timeline, and of the explanation of an event."""

import asyncio
from typing import Any

from starlette.responses import RedirectResponse, Response

from app.access.api_keys import CONTEXT_READ
from app.customers.explanation.reader import ExplanationQuery, ExplanationReader
from app.customers.profile import Profile, ProfileReader
from app.customers.timeline import TimelineReader
from app.errors import InvalidPayload
from app.http.endpoints import Call
from app.http.responses import STATUS
from app.http.web import templates, timeline_filter
from app.http.web.identity_graph import identity_graph
from app.http.web.page import Page, render
from app.http.web.timeline_filter import TimelineFilter
from app.http.web.timeline_view import TimelineView, entry, timeline_view


class CustomerPages:
    """The pages that show a Customer and its events."""

    def __init__(
        self,
        profiles: ProfileReader,
        timelines: TimelineReader,
        explanations: ExplanationReader,
    ) -> None:
        self._profiles = profiles
        self._timelines = timelines
        self._explanations = explanations

    @Page(method="GET", path="/customers/{id}", scope=CONTEXT_READ)
    async def customer(self, call: Call[None]) -> Response:
        """The profile of a Customer, and the first page of its timeline, with a filter.

        With `cursor`, only that page of the timeline. The ID of a merged Customer redirects to
        the surviving one.
        """
        parameters = call.request.query_params
        shown = timeline_filter.from_parameters(parameters)
        if "cursor" in parameters:
            view = await self._timeline(call.id, shown, parameters["cursor"])
            if view.customer_id != call.id:
                return _redirect(call, view.customer_id)
            return render(call, "older", view=view, filter=shown)
        profile, (view, problem) = await asyncio.gather(
            self._profiles.read(call.id), self._first_page(call.id, shown)
        )
        if profile.customer_id != call.id:
            return _redirect(call, profile.customer_id)
        return render(
            call,
            "customer",
            STATUS[problem.code] if problem else 200,
            view=view,
            filter=shown,
            problem=problem,
            graph=identity_graph(profile, call.api_key.scopes),
            **_profile_values(profile),
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

    async def _first_page(
        self, customer: str, shown: TimelineFilter
    ) -> tuple[TimelineView | None, InvalidPayload | None]:
        """The first page, or the problem of the filter."""
        try:
            return await self._timeline(customer, shown, None), None
        except InvalidPayload as problem:
            return None, problem

    async def _timeline(
        self, customer: str, shown: TimelineFilter, cursor: str | None
    ) -> TimelineView:
        return timeline_view(await self._timelines.read(shown.query(customer, cursor)), shown)


def _profile_values(profile: Profile) -> dict[str, Any]:
    is_link = (profile.browser or "").startswith(("http://", "https://"))
    strongest = profile.identifiers[0].value if profile.identifiers else profile.customer_id
    return {
        "profile": profile,
        "name": strongest,
        "browser": profile.browser if is_link else None,
    }


def _redirect(call: Call[None], customer: str) -> Response:
    query = f"?{call.request.url.query}" if call.request.url.query else ""
    return RedirectResponse(templates.customer_path(customer) + query, 303)
