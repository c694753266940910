"""The comparison of two Customers: their Identifiers, the evidence, and the decisions on them."""

import msgspec
from msgspec import Struct

from app.domain import identifiers
from app.domain.validation import FieldErrors
from app.errors import IdentityConflictNotFound
from app.graph.graph import Graph
from app.graph.rows import first
from app.identity.conflicts import MAX_CONFLICT_IDENTIFIERS, ConflictingIdentifier

MAX_COMPARED_IDENTIFIERS = 50  # of each Customer
MAX_EVIDENCE_EVENTS = 10
MAX_SCANNED_TOUCHPOINTS = 200  # the latest of each Customer


class ComparedIdentifier(Struct, frozen=True):
    """An Identifier of a Customer, since when, and whether it is marked as shared."""

    kind: str
    value: str
    since: str
    shared: bool


class ComparedCustomer(Struct, frozen=True, rename="camel"):
    """One of the two, counted with all Customers merged into it: `customers` in all."""

    customer_id: str
    created_at: str
    customers: int
    touchpoints: int
    identifier_count: int
    identifiers: list[ComparedIdentifier]


class ComparedConflict(ConflictingIdentifier, frozen=True, rename="camel", kw_only=True):
    """A conflicting identifier, and whether it is marked as shared."""

    shared: bool


class EvidenceEvent(Struct, frozen=True, rename="camel"):
    """An event that carried conflicting identifiers, and these."""

    event_id: str
    event: str
    occurred_at: str
    identifiers: list[str]


class Decision(Struct, frozen=True):
    """A dismissal: when, by which API key, and why."""

    id: str
    at: str
    by: str
    reason: str | None


class MergeDecision(Decision, frozen=True, kw_only=True):
    """A merge, with the merged and the surviving Customer."""

    merged: str
    into: str


class Comparison(Struct, frozen=True, rename="camel"):
    """Two Customers side by side, or one if they are merged.

    Without an identity conflict, `strength` is None and `kinds` is empty. `events` are the latest
    that carried conflicting identifiers.
    """

    of: tuple[str, str]
    customers: list[ComparedCustomer]
    strength: float | None
    kinds: list[str]
    count: int
    first_seen: str | None
    last_seen: str | None
    conflicting: list[ComparedConflict]
    events: list[EvidenceEvent]
    dismissals: list[Decision]
    merges: list[MergeDecision]

    @property
    def id(self) -> str:
        """The ID of the identity conflict."""
        return "~".join(sorted(self.of))


class ComparisonReader:
    """Reads comparisons from the graph."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph

    async def read(self, conflict: str) -> Comparison:
        """The comparison of the two Customers that the ID of an identity conflict names.

        They need not have one. Raises InvalidPayload, IdentityConflictNotFound or Unavailable.
        """
        errors = FieldErrors()
        one, other = (
            errors.parse(name, "id", identifiers.opaque_id)
            for name in (conflict.partition("~")[0], conflict.partition("~")[2])
        )
        errors.raise_any()
        if not one or not other or one == other:
            raise IdentityConflictNotFound()
        rows = await self._graph.read(
            "comparison",
            one=one,
            other=other,
            identifiers=MAX_COMPARED_IDENTIFIERS,
            keys=MAX_CONFLICT_IDENTIFIERS,
            scan=MAX_SCANNED_TOUCHPOINTS,
            events=MAX_EVIDENCE_EVENTS,
        )
        return msgspec.convert(first(rows, IdentityConflictNotFound()), Comparison)
