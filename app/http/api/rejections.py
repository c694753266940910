"""The rejections route: the rejected events by API key, error code and field."""

from starlette.responses import Response

from app.access.api_keys import EVENTS_READ
from app.activity.rejections import RejectionPage, RejectionQuery, RejectionReader
from app.http.endpoints import Call, Example, Operation
from app.http.responses import json_response

GROUP = {
    "id": "rej_5b1c",
    "code": "invalid_payload",
    "field": "phone",
    "message": "must be a phone number",
    "count": 42,
    "firstSeen": "2026-05-03T09:30:00Z",
    "lastSeen": "2026-05-09T16:05:00.25Z",
    "apiKey": "key_019c",
    "apiKeyName": "website",
    "sample": {"event": "form_sent", "phone": "+1 415 ***", "properties": {"form": "****"}},
}


class RejectionRoutes:
    """The route that reads the groups of rejected events."""

    def __init__(self, rejections: RejectionReader) -> None:
        self._rejections = rejections

    @Operation(
        method="GET",
        path="/v1/rejections",
        id="readRejections",
        tag="Events",
        summary="List rejected events",
        description=(
            "Groups the rejected events of the last 30 days by API key, error code and field, the "
            "last seen group first. A group has the number of its events, and the latest one with "
            "its values masked. Each API key has the 200 groups that were last seen; `other` "
            "counts the rest. New rejections appear within a few seconds."
        ),
        scope=EVENTS_READ,
        query=RejectionQuery,
        response=(RejectionPage,),
        returns="A page of the groups. If there is a `nextCursor`, there may be more.",
        examples={"a phone": Example({"rejections": [GROUP]})},
    )
    async def read_rejections(self, call: Call[RejectionQuery]) -> Response:
        """Reads a page of the groups of rejected events."""
        return json_response(await self._rejections.read(call.payload))
