"""Moves of one Identifier to another Customer, detachments, and their undos."""

from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from app.domain import ids, timestamps
from app.domain.identifiers import Identifier, opaque_id
from app.domain.validation import REQUIRED, FieldErrors
from app.errors import CustomerNotFound, IdentifierMoveNotFound, MergeConflict
from app.graph.graph import Graph, Row
from app.graph.rows import first
from app.identity import identifier_move_preview
from app.identity.identifier_move_preview import (
    MAX_SEARCHED_TOUCHPOINTS,
    IdentifierMovePreview,
)
from app.identity.identifier_move_requests import (
    DetachRequest,
    IdentifierMoveQuery,
    MoveRequest,
)
from app.identity.identifier_move_requests import identifier as requested

MAX_UNDO_ATTEMPTS = 5  # while others merge the Customers
CHANGED = "Another request moved the identifier, or merged or erased one of the Customers. Retry."
MOVED_AGAIN = "The identifier is no longer where the move put it. Read the audit log."
CONTENDED = "Other requests are merging the Customers. Retry."


class IdentifierMove(Struct, frozen=True, rename="camel", omit_defaults=True):
    """A move of an Identifier: both Customers, when, by which API key, and why; its undo."""

    move_id: Annotated[str, Meta(extra_json_schema={"pattern": "^mov_"})]
    kind: Annotated[str, Meta(extra_json_schema={"enum": ["move", "detach"]})]
    identifier: Annotated[str, Meta(description="As `kind:value`.")]
    from_: Annotated[
        str,
        Meta(description="The Customer that had it; if that is merged, the merged Customer."),
    ] = msgspec.field(name="from")
    to: Annotated[str, Meta(description="The Customer that got it. A detach creates it.")]
    at: str
    by: str
    reason: str
    undone_at: str | None = None
    undone_by: str | None = None
    undo_reason: str | None = None
    deleted: Annotated[
        bool,
        Meta(description="Whether the undo deleted the Customer `to`, as it had nothing else."),
    ] = False


class IdentifierMoveService:
    """Moves Identifiers between Customers, and undoes that. `by` is the ID of an API key."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph

    async def preview(self, customer: str, query: IdentifierMoveQuery) -> IdentifierMovePreview:
        """Returns the preview of a move; without `to`, of a detach.

        Raises InvalidPayload, CustomerNotFound or Unavailable.
        """
        identifier = requested(query)
        row = await self._owner(customer, identifier, query.to)
        (counts,) = await self._graph.read(
            "identifier_touchpoints",
            survivor=row["homeSurvivor"],
            name=_name(identifier),
            scan=MAX_SEARCHED_TOUCHPOINTS,
        )
        return identifier_move_preview.preview(_name(identifier), row, counts)

    async def move(self, customer: str, request: MoveRequest, by: str) -> IdentifierMove:
        """Moves an Identifier of a Customer, or of one merged into it, to another Customer.

        Raises InvalidPayload, CustomerNotFound, MergeConflict or Unavailable.
        """
        identifier = requested(request)
        row = await self._owner(customer, identifier, request.to)
        return await self._write("move", identifier, row, request.reason, by)

    async def detach(self, customer: str, request: DetachRequest, by: str) -> IdentifierMove:
        """Moves an Identifier of a Customer, or of one merged into it, to a new Customer.

        Raises InvalidPayload, CustomerNotFound, MergeConflict or Unavailable.
        """
        identifier = requested(request)
        row = await self._owner(customer, identifier, None)
        new = ids.customer_id(ids.new_event_id())
        row |= {"to": new, "toSurvivor": new}
        return await self._write("detach", identifier, row, request.reason, by)

    async def undo(self, move_id: str, reason: str | None, by: str) -> IdentifierMove:
        """Puts the Identifier back. A repeat returns the first undo.

        Raises IdentifierMoveNotFound, MergeConflict or Unavailable.
        """
        at = timestamps.now()[1]
        for _ in range(MAX_UNDO_ATTEMPTS):
            rows = await self._graph.read("identifier_move", id=move_id)
            row = first(rows, IdentifierMoveNotFound())
            if row["undoneAt"]:
                return _move(move_id, row)
            if row["home"] != row["to"]:
                raise MergeConflict(MOVED_AGAIN)
            if undone := await self._graph.write(
                "identifier_move_undo",
                id=move_id,
                **_customers(row, "from"),
                locks=_locks(row, "from"),
                at=at,
                by=by,
                reason=reason,
            ):
                return _move(move_id, row | undone[0])
        raise MergeConflict(CONTENDED)

    async def _owner(self, customer: str, identifier: Identifier, to: str | None) -> Row:
        """The row of an Identifier of a Customer, and of the Customer to move it to."""
        errors = FieldErrors()
        from_ = errors.parse(customer, "customer", opaque_id)
        target = errors.parse(to, "to", opaque_id)
        if to is not None and target is None and not errors.items:
            errors.add("to", REQUIRED)
        errors.raise_any()
        rows = await self._graph.read(
            "identifier_owner",
            kind=identifier.kind,
            value=identifier.value,
            customer=from_,
            to=target,
        )
        row = first(rows, CustomerNotFound.of_id(customer))
        if row["home"] is None or row["homeSurvivor"] != row["survivor"]:
            errors.add(identifier.kind, "must be an Identifier of the Customer")
        if target and target == row["home"]:
            errors.add("to", "must be another Customer")
        errors.raise_any()
        if target and row["to"] is None:
            raise CustomerNotFound.of_id(target)
        return row

    async def _write(
        self, act: str, identifier: Identifier, row: Row, reason: str, by: str
    ) -> IdentifierMove:
        text, at = timestamps.now()
        move_id = ids.new_identifier_move_id()
        if not await self._graph.write(
            "identifier_move",
            id=move_id,
            act=act,
            kind=identifier.kind,
            value=identifier.value,
            **_customers(row, "home"),
            locks=_locks(row, "home", is_new=act == "detach"),
            at=at,
            by=by,
            reason=reason,
        ):
            raise MergeConflict(CHANGED)
        return IdentifierMove(
            move_id, act, _name(identifier), row["home"], row["to"], text, by, reason
        )


def _name(identifier: Identifier) -> str:
    return f"{identifier.kind}:{identifier.value}"


def _customers(row: Row, source: str) -> dict[str, Any]:
    """The parameters of the Customers of a row, in which `source` names the first one."""
    return {
        "from": row[source],
        "fromSurvivor": row[f"{source}Survivor"],
        "to": row["to"],
        "toSurvivor": row["toSurvivor"],
    }


def _locks(row: Row, source: str, *, is_new: bool = False) -> list[str]:
    """The Customers to lock, in the order of every transaction that locks several."""
    existing = {row[source], row[f"{source}Survivor"]}
    return sorted(existing if is_new else existing | {row["to"], row["toSurvivor"]})


def _move(move_id: str, row: Row) -> IdentifierMove:
    return msgspec.convert(row | {"moveId": move_id}, IdentifierMove)
