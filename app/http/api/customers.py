"""The customer routes: context, timeline and erasure."""

from http import HTTPStatus

from starlette.responses import Response

from app import errors
from app.access.api_keys import CONTEXT_READ, CUSTOMERS_DELETE
from app.customers.context import Context, ContextQuery, ContextReader
from app.customers.timeline import Timeline, TimelineQuery, TimelineReader
from app.http.endpoints import Call, Example, Operation
from app.http.responses import json_response
from app.identity import erasure
from app.identity.erasure import Erasure, ErasureQuery, ErasureService

QUERY = {"email": "jane@acme.com", "limit": 1}
CONTEXT = {
    "customerId": "cus_8af2",
    "matchedBy": "email",
    "weight": 1.0,
    "createdAt": "2026-04-29T10:14:33.012Z",
    "firstSeen": "2026-04-29T10:14:32Z",
    "lastSeen": "2026-04-29T10:14:32Z",
    "identifiers": [
        {
            "kind": "email",
            "value": "jane@acme.com",
            "weight": 1.0,
            "since": "2026-04-29T10:14:33.012Z",
        }
    ],
    "events": [{"event": "page_viewed", "count": 1}],
    "possibleSamePeople": [],
    "touchpoints": [
        {
            "eventId": "evt_91ab2c",
            "event": "page_viewed",
            "timestamp": "2026-04-29T10:14:32Z",
            "occurredAt": "2026-04-29T10:14:32Z",
            "receivedAt": "2026-04-29T10:14:33.012Z",
            "resolved": "email",
            "identifiers": ["email:jane@acme.com"],
            "properties": {"url": "/pricing", "referrer": "https://google.com"},
        }
    ],
}
ERASURE = {
    "erasureId": "ers_01ks",
    "customers": ["cus_8af2", "cus_8b01"],
    "identifiers": 3,
    "touchpoints": 1204,
    "redacted": 2,
    "at": "2026-05-11T09:00:00.5Z",
    "by": "key_01kq",
    "reason": "request 1042",
    "finishedAt": "2026-05-11T09:00:01.125Z",
}


class CustomerRoutes:
    """The routes that read Customers and erase them."""

    def __init__(
        self, contexts: ContextReader, timelines: TimelineReader, erasures: ErasureService
    ) -> None:
        self._contexts = contexts
        self._timelines = timelines
        self._erasures = erasures

    @Operation(
        method="POST",
        path="/v1/context",
        id="readContext",
        tag="Customers",
        summary="Read what is known of a Customer",
        description=(
            "Finds the Customer who has one of the keys; one that is blocked is ignored. It "
            "writes nothing."
        ),
        scope=CONTEXT_READ,
        body=(ContextQuery,),
        response=(Context,),
        returns=(
            "What is known of a Customer, and of all who were merged into it, the latest first."
        ),
        errors=(errors.CustomerNotFound,),
        examples={
            "by email": Example(CONTEXT, request=QUERY),
        },
    )
    async def read_context(self, call: Call[ContextQuery]) -> Response:
        """Reads the context of the Customer that has one of the identifiers."""
        return json_response(await self._contexts.read(call.payload))

    @Operation(
        method="GET",
        path="/v1/customers/{id}/timeline",
        id="readTimeline",
        tag="Customers",
        summary="Read a page of a Customer's Touchpoints",
        description=(
            "The newest first. What arrives late moves no page that is still to come. A "
            "parameter that is empty counts as absent, an unknown one is refused by its name."
        ),
        scope=CONTEXT_READ,
        query=TimelineQuery,
        id_field="customer",
        response=(Timeline,),
        returns=(
            "A page of a timeline, the newest first. Where there is a `nextCursor` there may be "
            "more."
        ),
        errors=(errors.CustomerNotFound,),
    )
    async def read_timeline(self, call: Call[TimelineQuery]) -> Response:
        """Reads a page of a Customer's Touchpoints."""
        return json_response(await self._timelines.read(call.payload))

    @Operation(
        method="DELETE",
        path="/v1/customers/{id}",
        id="eraseCustomer",
        tag="Customers",
        summary="Erase a Customer for good",
        description=(
            "Deletes the Customer, all Customers merged with it, their Identifiers and "
            "Touchpoints, and redacts their identifiers in events of other Customers. From the "
            "moment `at`, no request finds them. It cannot be undone. A repeat returns the first "
            "erasure. The service resumes an interrupted one."
        ),
        scope=CUSTOMERS_DELETE,
        query=ErasureQuery,
        id_field="customer",
        response=(Erasure,),
        returns="The erasure. It is complete with a `finishedAt`.",
        accepted=(
            "If deletion takes longer than about 8 s, it continues in the background. A repeat "
            "returns 200 when it is complete."
        ),
        errors=(
            errors.CustomerNotFound,
            errors.MergeConflict,
        ),
        error_examples=(
            errors.CustomerNotFound.of_id("cus_8af2"),
            errors.MergeConflict(erasure.CONTENDED),
        ),
        examples={
            "on request": Example(ERASURE),
        },
    )
    async def erase(self, call: Call[ErasureQuery]) -> Response:
        """Erases a Customer: 202 if the deletion continues in the background."""
        erased = await self._erasures.erase(call.payload, call.api_key.id)
        status = HTTPStatus.OK if erased.finished_at else HTTPStatus.ACCEPTED
        return json_response(erased, status)
