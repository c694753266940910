"""The explanation route: why an event belongs to its Customer."""

from starlette.responses import Response

from app import errors
from app.access.api_keys import CONTEXT_READ
from app.customers.explanation.reader import Explanation, ExplanationQuery, ExplanationReader
from app.http.endpoints import Call, Example, Operation
from app.http.responses import json_response

EXPLANATION = {
    "eventId": "evt_91ab2f",
    "event": "form_sent",
    "timestamp": "2026-05-02T17:30:00Z",
    "occurredAt": "2026-05-02T17:30:00Z",
    "receivedAt": "2026-05-02T17:30:00.402Z",
    "resolved": "email",
    "identifiers": ["email:jane@acme.com", "phone:+14155552671", "externalId:crm-42"],
    "properties": {"form": "demo"},
    "customerId": "cus_8af2",
    "survivorId": "cus_77d0",
    "createdCustomer": False,
    "keys": [
        {
            "kind": "email",
            "value": "jane@acme.com",
            "weight": 1.0,
            "outcome": "decided",
            "customerId": "cus_8af2",
        },
        {
            "kind": "phone",
            "value": "+14155552671",
            "weight": 0.9,
            "outcome": "overruled",
            "sent": "(415) 555-2671",
            "customerId": "cus_91c0",
        },
        {
            "kind": "externalId",
            "value": "crm-42",
            "weight": 0.8,
            "outcome": "attached",
            "customerId": "cus_8af2",
        },
    ],
    "changes": [
        {
            "kind": "merged",
            "id": "mrg_01ky",
            "at": "2026-05-03T09:00:00Z",
            "from": "cus_8af2",
            "into": "cus_77d0",
        }
    ],
    "explanation": "The email jane@acme.com (weight 1.0) matched cus_8af2, so the event was "
    "attached to that Customer. The phone +14155552671 matched cus_91c0 and has lower priority. "
    "The externalId crm-42 was new and was attached. Later, cus_8af2 was merged into cus_77d0 on "
    "2026-05-03 at 09:00 UTC, so the event now belongs to cus_77d0.",
}


class ExplanationRoutes:
    """The route that explains an event."""

    def __init__(self, explanations: ExplanationReader) -> None:
        self._explanations = explanations

    @Operation(
        method="GET",
        path="/v1/events/{id}",
        id="explainEvent",
        tag="Events",
        summary="Explain the Customer of an event",
        description=(
            "Returns a stored event and the outcome of each of its identifiers. An identifier "
            "matched the Customer, matched another one, was attached, or was ignored. Includes "
            "later merges and splits. Writes nothing. Counts as one event against the rate limit."
        ),
        scope=CONTEXT_READ,
        query=ExplanationQuery,
        id_field="eventId",
        response=(Explanation,),
        returns=("The event, and the reason for its Customer: by identifier, and in sentences."),
        errors=(errors.EventNotFound,),
        examples={
            "conflicting identifier": Example(EXPLANATION),
        },
    )
    async def explain(self, call: Call[ExplanationQuery]) -> Response:
        """Returns an event, and why it belongs to its Customer."""
        return json_response(await self._explanations.read(call.payload))
