"""The page that previews the move of one identifier to another Customer, and moves it."""

import hashlib
from typing import Any

import msgspec
from starlette.responses import RedirectResponse, Response

from app.access.api_keys import IDENTITY_WRITE
from app.customers.names import NameReader
from app.domain.identity_fields import parse_identifier
from app.domain.validation import parse_field
from app.errors import CustomerNotFound, InvalidPayload, MergeConflict, ServiceError
from app.http import decoding
from app.http.endpoints import Call
from app.http.responses import STATUS
from app.http.web.conflicts import names_of
from app.http.web.page import Fields, Form, Page, render
from app.http.web.templates import audit_path
from app.identity.identifier_move_preview import IdentifierMovePreview
from app.identity.identifier_move_requests import (
    DetachRequest,
    IdentifierMoveQuery,
    MoveRequest,
)
from app.identity.identifier_moves import IdentifierMoveService

PATH = "/customers/{id}/move"
CHANGED = "The preview changed. Check it, and move again."


class IdentifierMovePages:
    """The preview of a move or detach, and the form that moves."""

    def __init__(self, moves: IdentifierMoveService, names: NameReader) -> None:
        self._moves = moves
        self._names = names

    @Page(method="GET", path=PATH, scope=IDENTITY_WRITE)
    async def preview(self, call: Call[None]) -> Response:
        """The preview of the detach of `identifier`, as `kind:value`."""
        name = call.request.query_params.get("identifier", "")
        return await self._show(call, {"identifier": name})

    @Form(path=PATH, scope=IDENTITY_WRITE)
    async def move(self, call: Call[Fields]) -> Response:
        """With the `action` move, moves as the form shows; else returns the preview."""
        names = ("identifier", "to", "reason")
        fields = {name: call.payload.text(name) for name in names}
        if call.payload.text("action") != "move":
            return await self._show(call, fields)
        try:
            body = _body(fields) | {"reason": fields["reason"]}
            request = decoding.convert(body, MoveRequest if fields["to"] else DetachRequest)
            shown = _digest(await self._moves.preview(call.id, _query(fields)))
            if call.payload.text("preview") != shown:
                raise MergeConflict(CHANGED)
            if isinstance(request, MoveRequest):
                await self._moves.move(call.id, request, call.api_key.id)
            else:
                await self._moves.detach(call.id, request, call.api_key.id)
        except (InvalidPayload, MergeConflict, CustomerNotFound) as error:
            return await self._show(call, fields, error)
        return RedirectResponse(audit_path(call.id), 303)

    async def _show(
        self, call: Call[Any], fields: dict[str, str], error: ServiceError | None = None
    ) -> Response:
        preview = None
        try:
            preview = await self._moves.preview(call.id, _query(fields))
        except (InvalidPayload, CustomerNotFound) as problem:
            error = error or problem
        customers = {call.id, *([preview.from_, preview.to or ""] if preview else [])} - {""}
        return render(
            call,
            "identifier_move",
            STATUS[error.code] if error else 200,
            id=call.id,
            preview=preview,
            digest=_digest(preview) if preview else "",
            fields={"to": "", "reason": ""} | fields,
            names=await names_of(call, self._names, customers),
            error=error,
        )


def _body(fields: dict[str, str]) -> dict[str, str]:
    """The identifier and the Customer of a form, as a request has them."""
    identifier = parse_field(fields["identifier"], "identifier", parse_identifier)
    to = fields.get("to")
    return {identifier.kind: identifier.value} | ({"to": to} if to else {})


def _query(fields: dict[str, str]) -> IdentifierMoveQuery:
    return decoding.convert(_body(fields), IdentifierMoveQuery)


def _digest(preview: IdentifierMovePreview) -> str:
    """The digest of a preview, by which a form names it, without the Touchpoints, which stay."""
    shown = msgspec.structs.replace(preview, touchpoints=0, searched_touchpoints=None)
    return hashlib.sha256(msgspec.json.encode(shown)).hexdigest()
