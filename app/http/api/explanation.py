"""The explanation route: why an event is with its Customer."""

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
    "explanation": "The email jane@acme.com (weight 1.0) already identified cus_8af2, so the event "
    "was attached to it; the phone +14155552671 identified cus_91c0 and was overruled; the "
    "externalId crm-42 was new and was attached. Since then cus_8af2 was merged into cus_77d0 on "
    "2026-05-03 at 09:00 UTC, so it is cus_77d0's now.",
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
        summary="Explain why an event is with its Customer",
        description=(
            "The event as it is kept, and what became of each key that it carried: which one "
            "decided, which ones identified somebody else and were overruled, which were "
            "attached or not used. It is told from what the graph holds, and writes nothing."
        ),
        scope=CONTEXT_READ,
        query=ExplanationQuery,
        id_field="eventId",
        response=(Explanation,),
        returns=(
            "An event as it is kept, and why it is with its Customer: in parts, and in words."
        ),
        errors=(errors.EventNotFound,),
        examples={
            "overruled": Example(EXPLANATION),
        },
    )
    async def explain(self, call: Call[ExplanationQuery]) -> Response:
        """Reads an event, and explains why it is with its Customer."""
        return json_response(await self._explanations.read(call.payload))
