"""The audit route: the decisions about identities, and the deletions."""

from starlette.responses import Response

from app import errors
from app.access.api_keys import IDENTITY_READ
from app.http.api.reviews import DISMISSED, MARKED
from app.http.api.suppressions import SUPPRESSION
from app.http.endpoints import Call, Example, Operation
from app.http.responses import json_response
from app.identity.audit import AuditPage, AuditQuery, AuditReader

ERASED = {
    "id": "ers_01ks",
    "kind": "erasure",
    "at": "2026-05-11T09:00:00.5Z",
    "by": "key_01kq",
    "reason": "request 1042",
    "customers": ["cus_8af2", "cus_8b01"],
}
PRUNED = {
    "id": "prn_01ks",
    "kind": "prune",
    "at": "2026-05-11T04:00:00.25Z",
    "by": "retention",
    "customers": [],
    "touchpoints": 41200,
    "before": "2025-05-11T04:00:00.125Z",
}
SUPPRESSED = SUPPRESSION | {"customers": []}
CHANGES = {"changes": [SUPPRESSED, ERASED, PRUNED, MARKED, DISMISSED]}


class AuditRoutes:
    """The route that reads the audit log."""

    def __init__(self, audit: AuditReader) -> None:
        self._audit = audit

    @Operation(
        method="GET",
        path="/v1/identity/changes",
        id="readChanges",
        tag="Identity",
        summary="Read the audit log",
        description=(
            "Lists merges, splits, moves of identifiers, dismissals, their undos, reviews of "
            "shared identifiers, erasures, changes of the suppression list, and prunes of old "
            "Touchpoints, latest first. With `after`, it reads forwards, so that a consumer "
            "follows the log: the earliest entry first, each entry once, about 65 s after it was "
            "decided."
        ),
        scope=IDENTITY_READ,
        query=AuditQuery,
        response=(AuditPage,),
        returns=(
            "A page of the audit log. If there is a `nextCursor`, there is more. With `after`, "
            "there always is one, for the next request."
        ),
        errors=(errors.CustomerNotFound,),
        examples={
            "a mark": Example(CHANGES),
        },
    )
    async def read_changes(self, call: Call[AuditQuery]) -> Response:
        """Reads a page of the audit log."""
        return json_response(await self._audit.read(call.payload))
