"""Merges of two Customers that are one person, and their undos."""

from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from app.domain import ids, timestamps
from app.domain.identifiers import opaque_id
from app.domain.validation import REQUIRED, FieldErrors
from app.errors import CustomerNotFound, MergeConflict, MergeNotFound
from app.graph.graph import Graph, Row
from app.graph.rows import first
from app.identity import merge_preview
from app.identity.merge_preview import FromCustomer, MergePreview
from app.identity.reason import Reason

MAX_UNDO_ATTEMPTS = 5  # while others merge the Customers further
ALREADY_UNDONE = "The merge is already undone."


class MergeRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """Which Customer to merge, and why."""

    reason: Reason
    from_: FromCustomer = msgspec.field(name="from")


class Merge(Struct, frozen=True, rename="camel", omit_defaults=True):
    """A merge: the surviving Customer, the merged one, when, by which API key, why; its undo."""

    merge_id: Annotated[str, Meta(extra_json_schema={"pattern": "^mrg_"})]
    customer_id: Annotated[str, Meta(description="The surviving Customer.")]
    from_: Annotated[str, Meta(description="The merged Customer.")] = msgspec.field(name="from")
    at: str
    by: str
    reason: str
    undone_at: str | None = None
    undone_by: str | None = None
    undo_reason: str | None = None


class MergeService:
    """Merges Customers in the graph, and undoes that. `by` is the ID of an API key."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph

    async def preview(self, customer: str, other: str) -> MergePreview:
        """The preview of a merge of `other` into `customer`.

        Raises InvalidPayload, CustomerNotFound, MergeConflict or Unavailable.
        """
        into, merged = _customers(customer, other)
        rows = await self._graph.read("merge_preview", customers=[into, merged])
        by_id = {row["customerId"]: row for row in rows}
        _check({id_: row["survivorId"] for id_, row in by_id.items()}, into, merged)
        return merge_preview.preview(by_id[into], by_id[merged])

    async def merge(self, customer: str, request: MergeRequest, by: str) -> Merge:
        """Merges a Customer into `customer`. If one is merged, uses its surviving Customer.

        Raises InvalidPayload, CustomerNotFound, MergeConflict or Unavailable.
        """
        into, merged = _customers(customer, request.from_)
        survivors = await self._survivors(into, merged)
        _check(survivors, into, merged)
        text, at = timestamps.now()
        merge = Merge(
            ids.new_merge_id(), survivors[into], survivors[merged], text, by, request.reason
        )
        rows = await self._graph.write(
            "merge",
            id=merge.merge_id,
            survivor=merge.customer_id,
            merged=merge.from_,
            at=at,
            by=by,
            reason=request.reason,
        )
        if not rows:
            raise MergeConflict("Another request merged or erased one of the Customers. Retry.")
        return merge

    async def undo(self, merge_id: str, reason: str | None, by: str) -> Merge:
        """Undoes a merge: restores the merged Customer.

        Raises MergeNotFound, MergeConflict or Unavailable.
        """
        text, at = timestamps.now()
        for _ in range(MAX_UNDO_ATTEMPTS):
            row = await self._find(merge_id)
            if await self._graph.write(
                "merge_undo",
                id=merge_id,
                merged=row["merged"],
                survivor=row["survivor"],
                at=at,
                by=by,
                reason=reason,
            ):
                return msgspec.structs.replace(
                    _merge(merge_id, row), undone_at=text, undone_by=by, undo_reason=reason
                )
        raise MergeConflict("Other requests are merging the Customers. Retry.")

    async def _find(self, merge_id: str) -> Row:
        rows = await self._graph.read("merge", id=merge_id)
        row = first(rows, MergeNotFound())
        if row["undoneAt"]:
            raise MergeConflict(ALREADY_UNDONE)
        return row

    async def _survivors(self, *customers: str) -> dict[str, str]:
        rows = await self._graph.read("survivors", customers=list(customers))
        return {row["customerId"]: row["survivorId"] for row in rows}


def _customers(customer: str, other: str) -> tuple[str, str]:
    errors = FieldErrors()
    into = errors.parse(customer, "customer", opaque_id)
    merged = errors.parse(other, "from", opaque_id)
    if not merged and not errors.items:
        errors.add("from", REQUIRED)
    if into == merged and not errors.items:
        errors.add("from", "must be another Customer")
    errors.raise_any()
    return into or "", merged or ""


def _check(survivors: dict[str, str], into: str, merged: str) -> None:
    for customer in (into, merged):
        if customer not in survivors:
            raise CustomerNotFound.of_id(customer)
    if survivors[into] == survivors[merged]:
        raise MergeConflict()


def _merge(merge_id: str, row: Row) -> Merge:
    return Merge(merge_id, row["into"], row["merged"], row["at"], row["by"], row["reason"])
