"""The audit log of merges, splits, dismissals, their undos, reviews, suppressions and deletions."""

from typing import Annotated, Any

from msgspec import Meta, Struct

from app.domain import identifiers, pagination
from app.domain.validation import FieldErrors
from app.errors import (
    CustomerNotFound,
    DismissalNotFound,
    IdentifierMoveNotFound,
    MergeNotFound,
    SplitNotFound,
)
from app.graph.graph import Graph, Row
from app.graph.rows import first
from app.identity.audit_entry import AuditEntry, audit_entry
from app.identity.settled_entries import SETTLING_SECONDS, rows_after

MAX_PAGE_ENTRIES = 200

# By the start of the ID.
_NOT_FOUND = {
    "dsm_": DismissalNotFound,
    "spl_": SplitNotFound,
    "mov_": IdentifierMoveNotFound,
}


class AuditQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """Which page of the audit log to return."""

    customer: Annotated[
        str | None,
        Meta(
            description="Only entries about this Customer, or one that is merged with it.",
            extra_json_schema={"maxLength": identifiers.MAX_ID_LENGTH},
        ),
    ] = None
    limit: Annotated[int, Meta(ge=1, le=MAX_PAGE_ENTRIES, description="Page size.")] = 50
    cursor: Annotated[str | None, Meta(description="The `nextCursor` of the page before.")] = None
    after: Annotated[
        str | None,
        Meta(
            description="Reads forwards, the earliest entry first: from a timestamp, or from the "
            "`nextCursor` of the page before. Not together with `customer` or `cursor`."
        ),
    ] = None


class AuditPage(Struct, frozen=True, rename="camel", omit_defaults=True):
    """A page of the audit log, the latest entry first. A `nextCursor` means there is more.

    With `after`, the earliest entry is first, and there always is a `nextCursor`.
    """

    changes: list[AuditEntry]
    next_cursor: str | None = None


class AuditReader:
    """Reads the audit log from the graph.

    Forwards, it returns entries that are `settling` seconds old: no earlier one can still come.
    """

    def __init__(self, graph: Graph, settling: int = SETTLING_SECONDS) -> None:
        self._graph = graph
        self._settling = settling

    async def read(self, query: AuditQuery) -> AuditPage:
        """The page that a query asks for.

        Raises InvalidPayload, CustomerNotFound or Unavailable.
        """
        if query.after and not query.after.isspace():
            return await self._read_forwards(query)
        errors = FieldErrors()
        customer = errors.parse(query.customer, "customer", identifiers.opaque_id)
        before = errors.parse(query.cursor, "cursor", pagination.decode_time)
        errors.raise_any()
        rows = await self._rows(customer, before=before, limit=query.limit)
        page, last = pagination.page(rows, query.limit)
        after = pagination.encode_time(last["moment"], last["id"]) if last else None
        return AuditPage([audit_entry(row) for row in page], after)

    async def _read_forwards(self, query: AuditQuery) -> AuditPage:
        errors = FieldErrors()
        for name, value in (("customer", query.customer), ("cursor", query.cursor)):
            if value and not value.isspace():
                errors.add(name, "must not be sent together with after")
        after = errors.parse(query.after, "after", pagination.decode_start)
        errors.raise_any()
        rows = await rows_after(self._graph, after, query.limit, self._settling)
        end = {"at": rows[-1]["moment"], "id": rows[-1]["id"]} if rows else after
        cursor = pagination.encode_time(end["at"], end["id"]) if end else None
        return AuditPage([audit_entry(row) for row in rows], cursor)

    async def entry(self, entry_id: str) -> AuditEntry:
        """The merge, split, dismissal, move or detach with an ID.

        Raises InvalidPayload, MergeNotFound, SplitNotFound, DismissalNotFound,
        IdentifierMoveNotFound or Unavailable.
        """
        errors = FieldErrors()
        id_ = errors.parse(entry_id, "id", identifiers.opaque_id)
        errors.raise_any()
        rows = await self._graph.read("audit_entry", id=id_)
        missing = _NOT_FOUND.get(entry_id[:4], MergeNotFound)
        return audit_entry(first(rows, missing()))

    async def _rows(self, customer: str | None, **parameters: Any) -> list[Row]:
        if customer is None:
            return await self._graph.read("audit_log", **parameters)
        rows = await self._graph.read("audit_of_customer", customer=customer, **parameters)
        if not rows:
            raise CustomerNotFound()
        return [row for row in rows if row["id"]]
