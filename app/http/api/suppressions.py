"""The suppression routes: they change the list of identifiers that must not be collected."""

from starlette.responses import Response

from app.access.api_keys import CUSTOMERS_DELETE
from app.domain.suppression_errors import SuppressionNotFound, SuppressionSecretMissing
from app.http.endpoints import Call, Example, Operation
from app.http.responses import json_response
from app.identity.reason import UndoRequest
from app.identity.suppressions import SuppressionChange, SuppressionRequest, SuppressionService

SUPPRESSION_REQUEST = {
    "identifiers": ["email:opted-out@example.org", "phone:+14155550198"],
    "reason": "request 1042",
}
SUPPRESSION = {
    "id": "sup_01kt",
    "kind": "suppression",
    "identifiers": 2,
    "at": "2026-05-11T09:00:00.25Z",
    "by": "key_01kq",
    "reason": "request 1042",
}
ALLOWED_REQUEST = {"identifiers": ["email:opted-out@example.org"], "reason": "consent of 2 June"}
ALLOWED = {
    "id": "sup_01kv",
    "kind": "unsuppression",
    "identifiers": 1,
    "at": "2026-06-02T10:30:00.5Z",
    "by": "key_01kq",
    "reason": "consent of 2 June",
}
UNDO_REQUEST = {"reason": "wrong person"}
UNDONE = ALLOWED | {"identifiers": 2, "reason": "wrong person"}


class SuppressionRoutes:
    """The routes that add identifiers to the suppression list, and remove them."""

    def __init__(self, suppressions: SuppressionService) -> None:
        self._suppressions = suppressions

    @Operation(
        method="POST",
        path="/v1/suppressions",
        id="suppressIdentifiers",
        tag="Identity",
        summary="Suppress identifiers",
        description=(
            "Adds identifiers to the suppression list. The service rejects each later event with "
            "one of them as `422 suppressed`, on every way in. Other processes do so after 5 s at "
            "most. The graph has keyed hashes of the identifiers only. Stored events stay: erase "
            "the Customer to delete them. Identifiers that are on the list already stay unchanged."
        ),
        scope=CUSTOMERS_DELETE,
        body=(SuppressionRequest,),
        response=(SuppressionChange,),
        returns="The suppression. Its `id` undoes it.",
        errors=(SuppressionSecretMissing,),
        examples={"on request": Example(SUPPRESSION, request=SUPPRESSION_REQUEST)},
    )
    async def suppress(self, call: Call[SuppressionRequest]) -> Response:
        """Adds identifiers to the suppression list."""
        return json_response(await self._suppressions.suppress(call.payload, call.api_key.id))

    @Operation(
        method="POST",
        path="/v1/suppressions/remove",
        id="allowIdentifiers",
        tag="Identity",
        summary="End the suppression of identifiers",
        description=(
            "Removes identifiers from the suppression list. The service stores later events with "
            "them again. Other processes do so after 5 s at most."
        ),
        scope=CUSTOMERS_DELETE,
        body=(SuppressionRequest,),
        response=(SuppressionChange,),
        returns="The change, with the number of removed identifiers.",
        errors=(SuppressionSecretMissing,),
        examples={"with consent": Example(ALLOWED, request=ALLOWED_REQUEST)},
    )
    async def allow(self, call: Call[SuppressionRequest]) -> Response:
        """Removes identifiers from the suppression list."""
        return json_response(await self._suppressions.allow(call.payload, call.api_key.id))

    @Operation(
        method="POST",
        path="/v1/suppressions/{id}/undo",
        id="undoSuppression",
        tag="Identity",
        summary="Undo a suppression",
        description=(
            "Removes the identifiers that a suppression added to the list. A repeat returns the "
            "first undo. The body is optional."
        ),
        scope=CUSTOMERS_DELETE,
        body=(UndoRequest,),
        is_body_optional=True,
        response=(SuppressionChange,),
        returns="The undo, the first one if it is a repeat.",
        errors=(SuppressionNotFound,),
        examples={"a wrong person": Example(UNDONE, request=UNDO_REQUEST)},
    )
    async def undo(self, call: Call[UndoRequest]) -> Response:
        """Undoes a suppression."""
        reason = call.payload.reason
        return json_response(await self._suppressions.undo(call.id, reason, call.api_key.id))
