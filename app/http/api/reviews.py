"""The review routes: identity conflicts, and the decisions on them."""

from starlette.responses import Response

from app import errors
from app.access.api_keys import IDENTITY_READ, IDENTITY_WRITE
from app.http.endpoints import Call, Example, Operation
from app.http.responses import json_response
from app.identity import reviews
from app.identity.audit_entry import AuditEntry
from app.identity.conflicts import (
    IdentityConflictPage,
    IdentityConflictQuery,
    IdentityConflictReader,
)
from app.identity.reason import UndoRequest
from app.identity.reviews import Dismissal, ReviewService, SharedMark

CONFLICTS = {
    "conflicts": [
        {
            "id": "cus_8af2~cus_8b01",
            "customers": [
                {
                    "customerId": "cus_8af2",
                    "createdAt": "2026-04-29T10:14:33.012Z",
                    "touchpoints": 12,
                    "identifiers": 2,
                },
                {
                    "customerId": "cus_8b01",
                    "createdAt": "2026-05-02T08:00:00.5Z",
                    "touchpoints": 3,
                    "identifiers": 1,
                },
            ],
            "evidence": {
                "strength": 2.7,
                "kinds": ["phone"],
                "count": 3,
                "firstSeen": "2026-05-03T09:30:00Z",
                "lastSeen": "2026-05-09T16:05:00Z",
                "keys": [
                    {
                        "identifier": "phone:+14155552671",
                        "owner": "cus_8b01",
                        "seenWith": "cus_8af2",
                        "count": 3,
                        "firstSeen": "2026-05-03T09:30:00Z",
                        "lastSeen": "2026-05-09T16:05:00Z",
                        "lastEvent": "evt_93c0aa",
                    }
                ],
            },
        }
    ]
}
DISMISSAL = {"reason": "A couple that shares a phone"}
DISMISSED = {
    "id": "dsm_01kr",
    "kind": "dismissal",
    "at": "2026-05-10T11:00:00.25Z",
    "by": "key_019c",
    "reason": "A couple that shares a phone",
    "customers": ["cus_8af2", "cus_8b01"],
}
SHARED_MARK = {
    "phone": "(415) 555-2671",
    "shared": True,
    "reason": "The reception of an office",
}
MARKED = {
    "id": "rev_01kr",
    "kind": "review",
    "at": "2026-05-10T11:02:00.5Z",
    "by": "key_019c",
    "reason": "The reception of an office",
    "customers": ["cus_8b01"],
    "identifier": "phone:+14155552671",
    "shared": True,
}
UNDO_DISMISSAL = {"reason": "One person with two jobs"}
DISMISSAL_UNDONE = DISMISSED | {
    "kind": "undo",
    "at": "2026-05-11T08:30:00.5Z",
    "reason": "One person with two jobs",
}


class ReviewRoutes:
    """The routes that list identity conflicts, and record decisions."""

    def __init__(self, conflicts: IdentityConflictReader, service: ReviewService) -> None:
        self._conflicts = conflicts
        self._reviews = service

    @Operation(
        method="GET",
        path="/v1/identity/conflicts",
        id="readConflicts",
        tag="Identity",
        summary="List identity conflicts",
        description=(
            "Lists pairs of Customers that may be one person, the strongest evidence first. Pairs "
            "that were merged or dismissed are left out."
        ),
        scope=IDENTITY_READ,
        query=IdentityConflictQuery,
        response=(IdentityConflictPage,),
        returns=("A page of identity conflicts. If there is a `nextCursor`, there may be more."),
        examples={
            "one": Example(CONFLICTS),
        },
    )
    async def read_conflicts(self, call: Call[IdentityConflictQuery]) -> Response:
        """Reads a page of identity conflicts."""
        return json_response(await self._conflicts.read(call.payload))

    @Operation(
        method="POST",
        path="/v1/identity/conflicts/{id}/dismiss",
        id="dismissConflict",
        tag="Identity",
        summary="Dismiss an identity conflict",
        description=(
            "Records that the two Customers are not the same person, and removes their identity "
            "conflict from the list. A repeat returns the first dismissal. An undo is possible."
        ),
        scope=IDENTITY_WRITE,
        body=(Dismissal,),
        response=(AuditEntry,),
        returns="The dismissal, the first one if it is a repeat.",
        errors=(errors.IdentityConflictNotFound,),
        examples={
            "a couple": Example(DISMISSED, request=DISMISSAL),
        },
    )
    async def dismiss_conflict(self, call: Call[Dismissal]) -> Response:
        """Dismisses an identity conflict."""
        return json_response(await self._reviews.dismiss(call.id, call.payload, call.api_key.id))

    @Operation(
        method="POST",
        path="/v1/dismissals/{id}/undo",
        id="undoDismissal",
        tag="Identity",
        summary="Undo a dismissal",
        description=(
            "Lists the identity conflict of the two Customers again. A repeat returns the first "
            "undo. The body is optional."
        ),
        scope=IDENTITY_WRITE,
        body=(UndoRequest,),
        is_body_optional=True,
        response=(AuditEntry,),
        returns="The undo, the first one if it is a repeat.",
        errors=(errors.DismissalNotFound,),
        examples={"by a data steward": Example(DISMISSAL_UNDONE, request=UNDO_DISMISSAL)},
    )
    async def undo_dismissal(self, call: Call[UndoRequest]) -> Response:
        """Undoes a dismissal."""
        reason = call.payload.reason
        return json_response(await self._reviews.undo_dismissal(call.id, reason, call.api_key.id))

    @Operation(
        method="POST",
        path="/v1/identity/shared",
        id="markShared",
        tag="Identity",
        summary="Mark an identifier as shared",
        description=(
            "Marks an identifier as shared by several people, or undoes the mark. A shared "
            "identifier resolves an event only if the event carries no other. Events that are "
            "stored stay with their Customer."
        ),
        scope=IDENTITY_WRITE,
        body=(SharedMark,),
        response=(AuditEntry,),
        returns="The review.",
        errors=(errors.CustomerNotFound,),
        error_examples=(errors.CustomerNotFound(reviews.NO_OWNER),),
        examples={
            "a phone": Example(MARKED, request=SHARED_MARK),
        },
    )
    async def mark_shared(self, call: Call[SharedMark]) -> Response:
        """Marks an identifier as shared by several people, or unmarks it."""
        return json_response(await self._reviews.mark(call.payload, call.api_key.id))
