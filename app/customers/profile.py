"""The profile of a Customer: its Identifiers, merges, identity conflicts and latest events."""

import msgspec
from msgspec import Struct

from app.customers.context import EventCount, Links
from app.domain import identifiers
from app.domain.identifiers import Kind
from app.domain.resolution import ResolutionLimits
from app.domain.validation import FieldErrors
from app.errors import CustomerNotFound
from app.graph.graph import Graph, Row
from app.graph.rows import first

MAX_COUNTED_TOUCHPOINTS = 500  # each may cost a read of the disk
MAX_IDENTIFIERS = 500
MAX_MERGES = 200
MAX_CONFLICTS = 50
MAX_SCANNED_CONFLICTS = 500  # relationships


class ProfileIdentifier(Struct, frozen=True, rename="camel"):
    """An identifier of a Customer.

    `home` is the merged Customer that it belongs to, or None. `last_seen` is None if none of the
    counted Touchpoints has it.
    """

    kind: Kind
    value: str
    weight: float
    since: str
    shared: bool
    home: str | None
    last_seen: str | None = None


class ProfileMerge(Struct, frozen=True, rename="camel"):
    """A Customer that was merged into another: into the surviving one, or into a merged one."""

    customer_id: str
    merge_id: str
    into: str
    at: str
    reason: str | None


class ProfileConflict(Struct, frozen=True, rename="camel"):
    """Another Customer that may be the same person. `name` is its strongest identifier."""

    customer_id: str
    name: str | None
    kinds: list[Kind]
    count: int
    first_seen: str
    last_seen: str


class KindCount(Struct, frozen=True):
    """The number of identifiers of a kind. `limit` is the most that events may attach."""

    kind: Kind
    count: int
    limit: int

    @property
    def is_full(self) -> bool:
        """Whether events attach no more of this kind."""
        return self.count >= self.limit


class Profile(Struct, frozen=True):
    """A Customer with all Customers merged into it.

    Each list but `kinds` is bounded; the counts are those of all. `events` counts the latest
    `counted_touchpoints` by name. If `is_partial`, there may be more conflicts than the count.
    `browser` is a link to Neo4j Browser.
    """

    customer_id: str
    created_at: str
    first_seen: str | None
    last_seen: str | None
    total_touchpoints: int
    counted_touchpoints: int
    events: list[EventCount]
    kinds: list[KindCount]
    identifiers: list[ProfileIdentifier]
    merges: list[ProfileMerge]
    merge_count: int
    conflicts: list[ProfileConflict]
    conflict_count: int
    is_partial: bool
    browser: str | None = None

    @property
    def identifier_count(self) -> int:
        """The number of all identifiers."""
        return sum(kind.count for kind in self.kinds)


class ProfileReader:
    """Reads profiles from the graph. The limits are those of the ingest.

    `links` returns the URL of a Customer in Neo4j Browser.
    """

    def __init__(self, graph: Graph, links: Links, limits: ResolutionLimits) -> None:
        self._graph = graph
        self._links = links
        self._limits: dict[str, int] = msgspec.to_builtins(limits)

    async def read(self, customer_id: str) -> Profile:
        """Returns the profile of a Customer, or of the one that it is merged into.

        Raises InvalidPayload, CustomerNotFound or Unavailable.
        """
        errors = FieldErrors()
        customer = errors.parse(customer_id, "customer", identifiers.opaque_id)
        errors.raise_any()
        rows = await self._graph.read(
            "customer_profile",
            customer=customer,
            scan=MAX_COUNTED_TOUCHPOINTS,
            identifiers=MAX_IDENTIFIERS,
            merges=MAX_MERGES,
            conflicts=MAX_CONFLICTS,
            links=MAX_SCANNED_CONFLICTS,
        )
        row = first(rows, CustomerNotFound())
        return Profile(
            row["customerId"],
            row["createdAt"],
            row["first"],
            row["last"],
            row["total"],
            row["counted"],
            msgspec.convert(row["events"], list[EventCount]),
            [KindCount(**kind, limit=self._limits[kind["kind"]]) for kind in row["kinds"]],
            _identifiers(row),
            msgspec.convert(row["merges"], list[ProfileMerge]),
            row["mergeCount"],
            msgspec.convert(row["conflicts"], list[ProfileConflict]),
            row["conflictCount"],
            row["isPartial"],
            self._links(row["customerId"]),
        )


def _identifiers(row: Row) -> list[ProfileIdentifier]:
    seen = {entry["identifier"]: entry["at"] for entry in row["seen"]}
    return [
        ProfileIdentifier(
            item["kind"],
            item["value"],
            item["weight"],
            item["since"],
            item["shared"],
            item["home"],
            seen.get(f"{item['kind']}:{item['value']}"),
        )
        for item in row["identifiers"]
    ]
