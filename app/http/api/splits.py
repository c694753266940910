"""The split routes: preview, split and undo."""

from starlette.responses import Response

from app import errors
from app.access.api_keys import IDENTITY_WRITE
from app.http.api.merges import MERGE, UNDO_REQUEST
from app.http.endpoints import Call, Example, Operation
from app.http.responses import json_response
from app.identity import splits
from app.identity.merges import Merge
from app.identity.reason import UndoRequest
from app.identity.split_preview import SplitPreview, SplitQuery
from app.identity.splits import Split, SplitRequest, SplitService

SPLIT_QUERY = {"shared": ["phone:+14155552671"]}
SPLIT_PREVIEW = {
    "customerId": "cus_8af2",
    "stays": {"identifiers": ["email:jane@acme.com", "phone:+14155552671"], "touchpoints": 12},
    "parts": [{"identifiers": ["email:joe@acme.com"], "touchpoints": 3}],
}
SPLIT_REQUEST = SPLIT_QUERY | {"reason": "the office's phone"}
SPLIT = {
    "customerId": "cus_8af2",
    "parts": [
        {
            "identifiers": ["email:joe@acme.com"],
            "touchpoints": 3,
            "splitId": "spl_01kz",
            "customerId": "cus_77b1",
        }
    ],
    "at": "2026-05-03T09:00:00.000000Z",
    "by": "key_01kx",
    "reason": "the office's phone",
}


class SplitRoutes:
    """The routes that split Customers."""

    def __init__(self, service: SplitService) -> None:
        self._splits = service

    @Operation(
        method="POST",
        path="/v1/customers/{id}/split-preview",
        id="previewSplit",
        tag="Identity",
        summary="Preview a split",
        description=(
            "Groups the Identifiers of a Customer by the events that carry several of them. Shared "
            "Identifiers connect no others. Writes nothing. The body is optional."
        ),
        scope=IDENTITY_WRITE,
        body=(SplitQuery,),
        is_body_optional=True,
        response=(SplitPreview,),
        returns="The parts that the events imply.",
        errors=(errors.CustomerNotFound,),
        error_examples=(errors.CustomerNotFound.of_id("cus_8af2"),),
        examples={
            "an office's phone": Example(SPLIT_PREVIEW, request=SPLIT_QUERY),
        },
    )
    async def preview(self, call: Call[SplitQuery]) -> Response:
        """Previews a split."""
        return json_response(await self._splits.preview(call.id, call.payload.shared))

    @Operation(
        method="POST",
        path="/v1/customers/{id}/split",
        id="splitCustomer",
        tag="Identity",
        summary="Split a Customer",
        description=(
            "Creates a Customer for each part but the first, moves its Identifiers and Touchpoints "
            "there, and marks the Identifiers in `shared` as shared. Returns `409 "
            "nothing_to_split` if there is one part. The `splitId` of a part undoes its split."
        ),
        scope=IDENTITY_WRITE,
        body=(SplitRequest,),
        response=(Split,),
        returns="The split and its new Customers.",
        errors=(
            errors.CustomerNotFound,
            errors.MergeConflict,
            errors.NothingToSplit,
        ),
        error_examples=(
            errors.CustomerNotFound.of_id("cus_8af2"),
            errors.MergeConflict(splits.CHANGED),
        ),
        examples={
            "an office's phone": Example(SPLIT, request=SPLIT_REQUEST),
        },
    )
    async def split(self, call: Call[SplitRequest]) -> Response:
        """Makes a Customer of each part but the first."""
        return json_response(await self._splits.split(call.id, call.payload, call.api_key.id))

    @Operation(
        method="POST",
        path="/v1/splits/{id}/undo",
        id="undoSplit",
        tag="Identity",
        summary="Undo a split",
        description=(
            "Merges the part into the split Customer again. The undo of that merge restores the "
            "split. The body is optional."
        ),
        scope=IDENTITY_WRITE,
        body=(UndoRequest,),
        is_body_optional=True,
        response=(Merge,),
        returns="The merge of the part into the split Customer.",
        errors=(
            errors.SplitNotFound,
            errors.MergeConflict,
        ),
        examples={
            "by a data steward": Example(MERGE, request=UNDO_REQUEST),
        },
    )
    async def undo(self, call: Call[UndoRequest]) -> Response:
        """Undoes a split."""
        reason = call.payload.reason
        return json_response(await self._splits.undo(call.id, reason, call.api_key.id))
