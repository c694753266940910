"""Conflicts: pairs of Customers who may be one person, for somebody to review."""

from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from app.domain import identifiers as identity
from app.domain import pagination
from app.domain.validation import FieldErrors
from app.graph.graph import Graph, Row

LIMIT = 100
SCAN = 2000  # how many doubts a page looks at
KEYS = 20  # how many a conflict tells


class IdentityConflictQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """Which part of the conflicts."""

    limit: Annotated[int, Meta(ge=1, le=LIMIT, description="How long a page may be.")] = 20
    cursor: Annotated[str | None, Meta(description="The `nextCursor` of the page before.")] = None


class CustomerSummary(Struct, frozen=True, rename="camel"):
    """A Customer of a conflict, with all who were merged with it, and how much it has."""

    customer_id: str
    created_at: str
    touchpoints: int
    identifiers: int


class ConflictingIdentifier(Struct, frozen=True, rename="camel"):
    """A key that came with a heavier one of another Customer, which decided in its place."""

    identifier: Annotated[str, Meta(description="The key, as `kind:value`.")]
    owner: Annotated[str, Meta(description="The Customer whose key it is.")]
    seen_with: Annotated[str, Meta(description="The Customer that was decided on instead.")]
    count: Annotated[int, Meta(description="How often.")]
    first_seen: str
    last_seen: str
    last_event: Annotated[str, Meta(description="The `eventId` of the last time.")]


class ConflictEvidence(Struct, frozen=True, rename="camel"):
    """What speaks for two Customers being one: how often their keys came together, and which."""

    strength: Annotated[
        float,
        Meta(description="Of the strongest kind of key: how often it came, times its weight."),
    ]
    kinds: Annotated[list[identity.Kind], Meta(description="Of the keys, the strongest first.")]
    count: Annotated[int, Meta(description="How often keys of the two came together.")]
    first_seen: str
    last_seen: str
    keys: Annotated[
        list[ConflictingIdentifier],
        Meta(max_length=KEYS, description="Those that came most often."),
    ]


class IdentityConflict(Struct, frozen=True):
    """Two Customers who may be one person; its id is that of the two whose keys disagreed."""

    id: str
    customers: Annotated[
        list[CustomerSummary],
        Meta(min_length=2, max_length=2, description="The two, as they are merged by now."),
    ]
    evidence: ConflictEvidence


class IdentityConflictPage(Struct, frozen=True, rename="camel", omit_defaults=True):
    """A page of conflicts, the strongest first. Where there is a `nextCursor` there may be more.

    A page may be shorter than asked for, or empty, where many were settled: the next one goes on.
    """

    conflicts: list[IdentityConflict]
    next_cursor: str | None = None


class _Position(Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    strength: float
    id: Annotated[str, Meta(max_length=2 * identity.MAX_ID_LENGTH)]


class IdentityConflictReader:
    """Reads conflicts from the graph."""

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
            scan=SCAN,
            keys=KEYS,
        )
        page, last = pagination.page(row["conflicts"], query.limit, row["end"])
        end = pagination.encode(_Position(last["strength"], last["id"])) if last else None
        return IdentityConflictPage([_conflict(conflict) for conflict in page], end)


def _conflict(row: Row) -> IdentityConflict:
    return msgspec.convert(
        {"id": "~".join(row["of"]), "customers": row["customers"], "evidence": row},
        IdentityConflict,
    )
