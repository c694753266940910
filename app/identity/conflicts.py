"""Identity conflicts: pairs of Customers that may be one person, for a data steward to review."""

from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from app.domain import identifiers as identity
from app.domain import pagination
from app.domain.validation import FieldErrors
from app.graph.graph import Graph, Row

MAX_PAGE_CONFLICTS = 100
MAX_SCANNED_CONFLICTS = 2000  # for a page, of one kind of identifier each
MAX_CONFLICT_IDENTIFIERS = 20


class IdentityConflictQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """Which page of the identity conflicts to return."""

    limit: Annotated[int, Meta(ge=1, le=MAX_PAGE_CONFLICTS, description="Page size.")] = 20
    cursor: Annotated[str | None, Meta(description="The `nextCursor` of the page before.")] = None


class CustomerSummary(Struct, frozen=True, rename="camel"):
    """A Customer of an identity conflict, counted with all Customers merged with it."""

    customer_id: str
    created_at: str
    touchpoints: int
    identifiers: int


class ConflictingIdentifier(Struct, frozen=True, rename="camel", omit_defaults=True):
    """An identifier that events carried with one of higher priority, of another Customer."""

    identifier: Annotated[str, Meta(description="The identifier, as `kind:value`.")]
    owner: Annotated[str, Meta(description="The Customer that the identifier belongs to.")]
    seen_with: Annotated[str, Meta(description="The Customer that the events were resolved to.")]
    count: Annotated[int, Meta(description="Number of such events.")]
    first_seen: str
    last_seen: str
    last_event: Annotated[
        str | None,
        Meta(description="The `eventId` of the last such event. Absent once that is deleted."),
    ] = None


class ConflictEvidence(Struct, frozen=True, rename="camel"):
    """Evidence that two Customers are one person: which of their identifiers events carried."""

    strength: Annotated[
        float,
        Meta(description="Of the kind with the most evidence: number of events times weight."),
    ]
    kinds: Annotated[
        list[identity.Kind], Meta(description="Kinds of identifiers, the strongest first.")
    ]
    count: Annotated[
        int, Meta(description="Number of conflicting identifiers in all events, of all kinds.")
    ]
    first_seen: str
    last_seen: str
    keys: Annotated[
        list[ConflictingIdentifier],
        Meta(max_length=MAX_CONFLICT_IDENTIFIERS, description="The most frequent ones."),
    ]


class IdentityConflict(Struct, frozen=True):
    """Two Customers that may be one person. The id names the two Customers of the events."""

    id: str
    customers: Annotated[
        list[CustomerSummary],
        Meta(min_length=2, max_length=2, description="The two surviving Customers as of now."),
    ]
    evidence: ConflictEvidence


class IdentityConflictPage(Struct, frozen=True, rename="camel", omit_defaults=True):
    """A page of identity conflicts, the strongest evidence first.

    If there is a `nextCursor`, there may be more. If many conflicts were resolved, a page may be
    shorter than `limit`, or empty.
    """

    conflicts: list[IdentityConflict]
    next_cursor: str | None = None


class _Position(Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    strength: float
    id: Annotated[str, Meta(max_length=2 * identity.MAX_ID_LENGTH)]


class IdentityConflictReader:
    """Reads identity conflicts from the graph."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph

    async def read(self, query: IdentityConflictQuery) -> IdentityConflictPage:
        """The page that a query asks for. Raises InvalidPayload or Unavailable."""
        errors = FieldErrors()
        start = errors.parse(
            query.cursor, "cursor", lambda text: pagination.decode(text, _Position)
        )
        errors.raise_any()
        (row,) = await self._graph.read(
            "conflicts",
            before={"strength": start.strength, "id": start.id} if start else None,
            limit=query.limit,
            scan=MAX_SCANNED_CONFLICTS,
            keys=MAX_CONFLICT_IDENTIFIERS,
        )
        page, last = pagination.page(row["conflicts"], query.limit, row["end"])
        end = pagination.encode(_Position(last["strength"], last["id"])) if last else None
        return IdentityConflictPage([_conflict(conflict) for conflict in page], end)


def _conflict(row: Row) -> IdentityConflict:
    return msgspec.convert(
        {"id": "~".join(row["of"]), "customers": row["customers"], "evidence": row},
        IdentityConflict,
    )
