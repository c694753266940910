"""Changes: the audit trail of who was merged, split, dismissed, reviewed or erased, and why."""

from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from app.domain import identifiers, pagination
from app.domain.validation import FieldErrors
from app.errors import CustomerNotFound
from app.graph.graph import Graph, Row

LIMIT = 200


class AuditQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """Which part of the audit trail."""

    customer: Annotated[
        str | None,
        Meta(
            description="Only what touches this Customer, or one that is merged with it.",
            extra_json_schema={"maxLength": identifiers.MAX_ID_LENGTH},
        ),
    ] = None
    limit: Annotated[int, Meta(ge=1, le=LIMIT, description="How long a page may be.")] = 50
    cursor: Annotated[str | None, Meta(description="The `nextCursor` of the page before.")] = None


class AuditEntry(Struct, frozen=True, omit_defaults=True):
    """What somebody did to identities. `identifier` and `shared` are there for a review alone.

    The undo of a merge or of a dismissal has the id of that.
    """

    id: str
    kind: Annotated[
        str,
        Meta(
            extra_json_schema={"enum": ["merge", "undo", "split", "dismissal", "review", "erasure"]}
        ),
    ]
    at: str
    by: Annotated[
        str,
        Meta(description="The id of the API key, or `cli` for an erasure from the command line."),
    ]
    customers: Annotated[
        list[str],
        Meta(
            description="Who was merged, and into whom; who was split off, and from whom; the two "
            "of a dismissal; the owner of the key of a review; all of an erasure."
        ),
    ]
    reason: Annotated[str | None, Meta(description="Absent where none was given.")] = None
    identifier: Annotated[
        str | None, Meta(description="The key that was reviewed, as `kind:value`.")
    ] = None
    shared: Annotated[
        bool | None, Meta(description="Whether the key was marked as shared, or unmarked.")
    ] = None


class AuditPage(Struct, frozen=True, rename="camel", omit_defaults=True):
    """A page of the audit trail, the latest first. Where there is a `nextCursor` there is more."""

    changes: list[AuditEntry]
    next_cursor: str | None = None


class AuditReader:
    """Reads the audit trail from the graph."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph

    async def read(self, query: AuditQuery) -> AuditPage:
        """The page that a query asks for.

        Raises InvalidPayload, CustomerNotFound or Unavailable.
        """
        errors = FieldErrors()
        customer = errors.parse(query.customer, "customer", identifiers.opaque_id)
        before = errors.parse(query.cursor, "cursor", pagination.moment)
        errors.raise_any()
        rows = await self._rows(customer, before=before, limit=query.limit)
        page, last = pagination.page(rows, query.limit)
        after = pagination.of_moment(last["moment"], last["id"]) if last else None
        return AuditPage([audit_entry(row) for row in page], after)

    async def _rows(self, customer: str | None, **parameters: Any) -> list[Row]:
        if customer is None:
            return await self._graph.read("audit_log", **parameters)
        rows = await self._graph.read("audit_of_customer", customer=customer, **parameters)
        if not rows:
            raise CustomerNotFound("there is no such Customer")
        return [row for row in rows if row["id"]]


def audit_entry(row: Row) -> AuditEntry:
    """The change of a row that a statement returns."""
    return msgspec.convert(row, AuditEntry)
