"""The page of two Customers side by side, to dismiss their conflict or to mark an identifier."""

import asyncio
from typing import Any

from msgspec import Struct
from starlette.responses import RedirectResponse, Response

from app.access.api_keys import CONTEXT_READ, IDENTITY_READ, IDENTITY_WRITE
from app.customers.timeline import Timeline, TimelineQuery, TimelineReader
from app.domain import ids
from app.domain.identity_fields import parse_identifier
from app.domain.validation import parse_field
from app.errors import InvalidPayload, ServiceError, Unavailable
from app.http import decoding
from app.http.endpoints import Call
from app.http.responses import STATUS
from app.http.web.page import Fields, Form, Page, render
from app.http.web.templates import conflict_path
from app.identity.comparison import Comparison, ComparisonReader
from app.identity.reviews import Dismissal, ReviewService, SharedMark

PATH = "/conflicts/{id}"
SHOWN_TOUCHPOINTS = 10  # of each Customer
INCOMPLETE = "The form is not complete. Open the page again."


class Attempt(Struct, frozen=True):
    """A form that was rejected: why, which one, and what the data steward typed."""

    error: ServiceError
    action: str = ""
    identifier: str = ""
    reason: str = ""


class ComparePage:
    """Shows two Customers side by side, with the evidence that they are one person."""

    def __init__(self, comparisons: ComparisonReader, timelines: TimelineReader) -> None:
        self._comparisons = comparisons
        self._timelines = timelines

    async def read(self, conflict: str) -> Comparison:
        """The comparison; raises what the ComparisonReader raises."""
        return await self._comparisons.read(conflict)

    async def show(self, call: Call[Any], attempt: Attempt | None = None) -> Response:
        """Returns the page; with an attempt, why it was rejected."""
        comparison = await self._comparisons.read(call.id)
        timelines: list[Timeline] = []
        if CONTEXT_READ in call.api_key.scopes:
            timelines = await asyncio.gather(
                *(
                    self._timelines.read(TimelineQuery(side.customer_id, limit=SHOWN_TOUCHPOINTS))
                    for side in comparison.customers
                )
            )
        return render(
            call,
            "compare",
            STATUS[attempt.error.code] if attempt else 200,
            comparison=comparison,
            path=conflict_path(call.id),
            timelines={timeline.customer_id: timeline for timeline in timelines},
            attempt=attempt,
            review_ids=[ids.new_review_id() for _ in comparison.conflicting],
        )


class ReviewPages:
    """The page that compares two Customers, and its forms."""

    def __init__(self, page: ComparePage, reviews: ReviewService) -> None:
        self._page = page
        self._reviews = reviews

    @Page(method="GET", path=PATH, scope=IDENTITY_READ)
    async def compare(self, call: Call[None]) -> Response:
        """Two Customers side by side."""
        return await self._page.show(call)

    @Form(path=PATH, scope=IDENTITY_WRITE)
    async def review(self, call: Call[Fields]) -> Response:
        """Dismisses the conflict, or marks an identifier as shared, or unmarks it."""
        fields = call.payload
        action, reason = fields.text("action"), fields.text("reason")
        identifier = fields.text("identifier")
        try:
            if action == "dismiss":
                await self._dismiss(call, reason)
            elif action in ("mark", "unmark"):
                await self._mark(call, identifier, reason)
            else:
                raise InvalidPayload(INCOMPLETE)
        except Unavailable:
            raise
        except ServiceError as error:
            return await self._page.show(call, Attempt(error, action, identifier, reason))
        return RedirectResponse(conflict_path(call.id), 303)

    async def _dismiss(self, call: Call[Fields], reason: str) -> None:
        dismissal = decoding.convert({"reason": reason}, Dismissal)
        conflict = (await self._page.read(call.id)).id
        await self._reviews.dismiss(conflict, dismissal, call.api_key.id)

    async def _mark(self, call: Call[Fields], identifier: str, reason: str) -> None:
        marked = parse_field(identifier, "identifier", parse_identifier)
        shared = call.payload.text("action") == "mark"
        body = {marked.kind: marked.value, "shared": shared, "reason": reason}
        mark = decoding.convert(body, SharedMark)
        review_id = call.payload.text("review")
        if not ids.is_review_id(review_id):
            raise InvalidPayload(INCOMPLETE)
        await self._reviews.mark(mark, call.api_key.id, review_id)
