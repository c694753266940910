"""The routes that move or detach one identifier: preview, move, detach and undo."""

from starlette.responses import Response

from app import errors
from app.access.api_keys import IDENTITY_WRITE
from app.http.endpoints import Call, Example, Operation
from app.http.responses import json_response
from app.identity import identifier_moves
from app.identity.identifier_move_preview import IdentifierMovePreview
from app.identity.identifier_move_requests import (
    DetachRequest,
    IdentifierMoveQuery,
    MoveRequest,
)
from app.identity.identifier_moves import IdentifierMove, IdentifierMoveService
from app.identity.reason import UndoRequest

MOVE_QUERY = {"phone": "(415) 555-2671", "to": "cus_91c0"}
MOVE_PREVIEW = {
    "identifier": "phone:+14155552671",
    "shared": False,
    "since": "2026-04-29T10:14:33.012Z",
    "from": "cus_8af2",
    "to": "cus_91c0",
    "touchpoints": 3,
    "warnings": [],
}
MOVE_REQUEST = MOVE_QUERY | {"reason": "the number of Joe now"}
MOVE = {
    "moveId": "mov_01kz",
    "kind": "move",
    "identifier": "phone:+14155552671",
    "from": "cus_8af2",
    "to": "cus_91c0",
    "at": "2026-05-03T09:00:00.000000Z",
    "by": "key_01kx",
    "reason": "the number of Joe now",
}
DETACH_REQUEST = {"phone": "(415) 555-2671", "reason": "the number was given to someone else"}
DETACHED = MOVE | {
    "kind": "detach",
    "to": "cus_77b1",
    "reason": "the number was given to someone else",
}
UNDO_REQUEST = {"reason": "the number is still in use"}
UNDONE = DETACHED | {
    "undoneAt": "2026-05-04T09:00:00.000000Z",
    "undoneBy": "key_01kx",
    "undoReason": "the number is still in use",
    "deleted": True,
}
NOT_FOUND = errors.CustomerNotFound.of_id("cus_8af2")


class IdentifierMoveRoutes:
    """The routes that move one identifier of a Customer."""

    def __init__(self, service: IdentifierMoveService) -> None:
        self._moves = service

    @Operation(
        method="POST",
        path="/v1/customers/{id}/identifiers/move-preview",
        id="previewIdentifierMove",
        tag="Identity",
        summary="Preview a move of an identifier",
        description=(
            "Returns the Customers that have and get the identifier, the number of Touchpoints "
            "that carry it and stay, and warnings. Without `to`, previews a detach. Writes nothing."
        ),
        scope=IDENTITY_WRITE,
        body=(IdentifierMoveQuery,),
        response=(IdentifierMovePreview,),
        returns="The preview.",
        errors=(errors.CustomerNotFound,),
        error_examples=(NOT_FOUND,),
        examples={"a phone": Example(MOVE_PREVIEW, request=MOVE_QUERY)},
    )
    async def preview(self, call: Call[IdentifierMoveQuery]) -> Response:
        """Previews the move of an identifier to another Customer, or its detachment."""
        return json_response(await self._moves.preview(call.id, call.payload))

    @Operation(
        method="POST",
        path="/v1/customers/{id}/identifiers/move",
        id="moveIdentifier",
        tag="Identity",
        summary="Move an identifier",
        description=(
            "Gives one identifier of a Customer to another existing Customer. Later events with "
            "the identifier match that one. Touchpoints stay where they are, and `asOf` returns "
            "the earlier owner. An undo is possible."
        ),
        scope=IDENTITY_WRITE,
        body=(MoveRequest,),
        response=(IdentifierMove,),
        returns="The move.",
        errors=(errors.CustomerNotFound, errors.MergeConflict),
        error_examples=(NOT_FOUND, errors.MergeConflict(identifier_moves.CHANGED)),
        examples={"a phone": Example(MOVE, request=MOVE_REQUEST)},
    )
    async def move(self, call: Call[MoveRequest]) -> Response:
        """Moves an identifier to another Customer."""
        return json_response(await self._moves.move(call.id, call.payload, call.api_key.id))

    @Operation(
        method="POST",
        path="/v1/customers/{id}/identifiers/detach",
        id="detachIdentifier",
        tag="Identity",
        summary="Detach an identifier",
        description=(
            "Gives one identifier of a Customer to a new Customer, which has nothing else. Later "
            "events with the identifier match the new one. Touchpoints stay where they are. No "
            "rule merges the two again. An undo is possible."
        ),
        scope=IDENTITY_WRITE,
        body=(DetachRequest,),
        response=(IdentifierMove,),
        returns="The move to the new Customer.",
        errors=(errors.CustomerNotFound, errors.MergeConflict),
        error_examples=(NOT_FOUND, errors.MergeConflict(identifier_moves.CHANGED)),
        examples={"a phone": Example(DETACHED, request=DETACH_REQUEST)},
    )
    async def detach(self, call: Call[DetachRequest]) -> Response:
        """Moves an identifier to a new Customer."""
        return json_response(await self._moves.detach(call.id, call.payload, call.api_key.id))

    @Operation(
        method="POST",
        path="/v1/identifier-moves/{id}/undo",
        id="undoIdentifierMove",
        tag="Identity",
        summary="Undo a move of an identifier",
        description=(
            "Gives the identifier back to the Customer that had it. Deletes the Customer that a "
            "detach created if it has nothing else. Returns `409 merge_conflict` if the identifier "
            "was moved again or split off since. A repeat returns the first undo. The body is "
            "optional."
        ),
        scope=IDENTITY_WRITE,
        body=(UndoRequest,),
        is_body_optional=True,
        response=(IdentifierMove,),
        returns="The move with its undo, the first one if it is a repeat.",
        errors=(errors.IdentifierMoveNotFound, errors.MergeConflict),
        error_examples=(errors.MergeConflict(identifier_moves.MOVED_AGAIN),),
        examples={"by a data steward": Example(UNDONE, request=UNDO_REQUEST)},
    )
    async def undo(self, call: Call[UndoRequest]) -> Response:
        """Undoes a move or a detach."""
        reason = call.payload.reason
        return json_response(await self._moves.undo(call.id, reason, call.api_key.id))
