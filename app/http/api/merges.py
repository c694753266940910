"""The merge routes: preview, merge and undo."""

from starlette.responses import Response

from app import errors
from app.access.api_keys import IDENTITY_WRITE
from app.http.endpoints import Call, Example, Operation
from app.http.responses import json_response
from app.identity import merges
from app.identity.merge_preview import MergePreview, PreviewQuery
from app.identity.merges import Merge, MergeRequest, MergeService
from app.identity.reason import UndoRequest

PREVIEW_QUERY = {"from": "cus_91c0"}
_SIDE = {
    "createdAt": "2026-04-29T10:14:33.012Z",
    "customers": 1,
    "identifiers": [{"kind": "email", "count": 1}],
    "touchpoints": 12,
}
MERGE_PREVIEW = {
    "customer": {"customerId": "cus_8af2"} | _SIDE,
    "from": {"customerId": "cus_91c0"} | _SIDE,
    "conflicts": [
        {
            "kind": "phone",
            "count": 3,
            "firstSeen": "2026-04-30T08:00:00Z",
            "lastSeen": "2026-05-02T17:30:00Z",
        }
    ],
    "warnings": [],
}
MERGE_REQUEST = {"from": "cus_91c0", "reason": "same person, confirmed by phone"}
MERGE = {
    "mergeId": "mrg_01ky",
    "customerId": "cus_8af2",
    "from": "cus_91c0",
    "at": "2026-05-03T09:00:00.000000Z",
    "by": "key_01kx",
    "reason": "same person, confirmed by phone",
}
UNDO_REQUEST = {"reason": "two people share the phone"}
UNDONE = MERGE | {
    "undoneAt": "2026-05-04T09:00:00.000000Z",
    "undoneBy": "key_01kx",
    "undoReason": "two people share the phone",
}


class MergeRoutes:
    """The routes that merge Customers."""

    def __init__(self, service: MergeService) -> None:
        self._merges = service

    @Operation(
        method="POST",
        path="/v1/customers/{id}/merge-preview",
        id="previewMerge",
        tag="Identity",
        summary="Preview a merge",
        description=(
            "Returns the number of Identifiers and Touchpoints of both Customers, the evidence "
            "that they are one person, and warnings. Writes nothing."
        ),
        scope=IDENTITY_WRITE,
        body=(PreviewQuery,),
        response=(MergePreview,),
        returns="The preview.",
        errors=(
            errors.CustomerNotFound,
            errors.MergeConflict,
        ),
        error_examples=(errors.CustomerNotFound.of_id("cus_8af2"),),
        examples={
            "two": Example(MERGE_PREVIEW, request=PREVIEW_QUERY),
        },
    )
    async def preview(self, call: Call[PreviewQuery]) -> Response:
        """Previews the merge of another Customer into this one."""
        return json_response(await self._merges.preview(call.id, call.payload.from_))

    @Operation(
        method="POST",
        path="/v1/customers/{id}/merge",
        id="mergeCustomers",
        tag="Identity",
        summary="Merge a Customer into this one",
        description=(
            "After the merge, the IDs and identifiers of both Customers find the surviving "
            "Customer, with the Touchpoints of both. If a Customer is already merged, its "
            "surviving Customer is merged instead. Returns `409 merge_conflict` if the Customers "
            "are already merged with each other. An undo restores both."
        ),
        scope=IDENTITY_WRITE,
        body=(MergeRequest,),
        response=(Merge,),
        returns="The merge.",
        errors=(
            errors.CustomerNotFound,
            errors.MergeConflict,
        ),
        error_examples=(errors.CustomerNotFound.of_id("cus_8af2"),),
        examples={
            "two": Example(MERGE, request=MERGE_REQUEST),
        },
    )
    async def merge(self, call: Call[MergeRequest]) -> Response:
        """Merges another Customer into this one."""
        return json_response(await self._merges.merge(call.id, call.payload, call.api_key.id))

    @Operation(
        method="POST",
        path="/v1/merges/{id}/undo",
        id="undoMerge",
        tag="Identity",
        summary="Undo a merge",
        description=(
            "Restores the merged Customer with its Identifiers and Touchpoints. An event that "
            "arrived after the merge belongs to the Customer whose identifier it matched. Returns "
            "`409 merge_conflict` if the merge is already undone. The body is optional."
        ),
        scope=IDENTITY_WRITE,
        body=(UndoRequest,),
        is_body_optional=True,
        response=(Merge,),
        returns="The merge, with its undo.",
        errors=(
            errors.MergeNotFound,
            errors.MergeConflict,
        ),
        error_examples=(errors.MergeConflict(merges.ALREADY_UNDONE),),
        examples={
            "by a data steward": Example(UNDONE, request=UNDO_REQUEST),
        },
    )
    async def undo(self, call: Call[UndoRequest]) -> Response:
        """Undoes a merge."""
        reason = call.payload.reason
        return json_response(await self._merges.undo(call.id, reason, call.api_key.id))
