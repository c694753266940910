"""The context of a Customer, found by its ID or by one of its identifiers."""

from collections.abc import Callable, Container
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from app.customers import context_query
from app.customers.context_query import ContextQuery
from app.customers.touchpoints import Touchpoint, touchpoint
from app.customers.truncation import truncate
from app.domain import timestamps
from app.domain.identifiers import WEIGHTS, Identifier, Kind
from app.errors import CustomerNotFound
from app.graph.graph import Graph, Row
from app.graph.rows import first

MAX_COUNTED_TOUCHPOINTS = 2000  # each may cost a read of the disk

_OMITTED_BYTES = 128
_TRUNCATED = ("touchpoints", "possible_same_people", "merged", "events", "identifiers")
# The times of the facts of a list, by the list.
_CHANGED_AT = {"identifiers": "since", "merged": "at", "samePeople": "lastSeen"}


class CustomerIdentifier(Struct, frozen=True, rename="camel"):
    """An identifier of the Customer, with its weight and the time it was attached."""

    kind: Kind
    value: str
    weight: float
    since: str


class EventCount(Struct, frozen=True, rename="camel"):
    """The number of events with a name."""

    event: str
    count: int


class ConflictingCustomer(Struct, frozen=True, rename="camel", omit_defaults=True):
    """Another Customer that may be the same person: one event carried identifiers of both.

    Fields that changed after `asOf` are absent.
    """

    customer_id: str
    kind: Kind
    first_seen: str
    last_seen: str | None = None
    count: Annotated[int | None, Meta(description="Number of events with the conflict.")] = None


class MergedCustomer(Struct, frozen=True, rename="camel"):
    """A Customer that was merged into this one, directly or through another.

    Requests with its ID find this Customer.
    """

    customer_id: str
    merge_id: Annotated[str, Meta(description="The merge, for its undo.")]
    at: str
    reason: str


class Omitted(Struct, frozen=True, rename="camel", omit_defaults=True):
    """The number of items of each list that `maxBytes` left out."""

    touchpoints: int = 0
    possible_same_people: int = 0
    merged: int = 0
    events: int = 0
    identifiers: int = 0


class Context(Struct, frozen=True, rename="camel", omit_defaults=True):
    """A Customer with all Customers merged into it, and its latest Touchpoints, newest first."""

    customer_id: str
    matched_by: Annotated[
        str,
        Meta(
            description="The field of the query that matched.",
            extra_json_schema={"enum": ["customer", *WEIGHTS]},
        ),
    ]
    weight: Annotated[
        float | None,
        Meta(description="Weight of the identifier that matched; null for `customer`."),
    ]
    created_at: str
    first_seen: Annotated[str | None, Meta(description="Time of the first Touchpoint.")]
    last_seen: Annotated[str | None, Meta(description="Time of the last Touchpoint.")]
    identifiers: list[CustomerIdentifier]
    events: list[EventCount]
    possible_same_people: list[ConflictingCustomer]
    touchpoints: list[Touchpoint]
    merged: list[MergedCustomer] = []
    counted_touchpoints: Annotated[
        int | None,
        Meta(
            description="Number of Touchpoints that `events` counts, the latest ones. Absent if it "
            "counts all."
        ),
    ] = None
    total_touchpoints: Annotated[
        int | None,
        Meta(
            description="Number of all Touchpoints. Absent if `events` counts all, or with `asOf`."
        ),
    ] = None
    omitted: Omitted | None = None
    browser: Annotated[str | None, Meta(description="A link to the Customer in Neo4j Browser.")] = (
        None
    )


Links = Callable[[str], str | None]


class ContextReader:
    """Reads contexts from the graph. `links` returns the URL of a Customer in Neo4j Browser.

    It ignores blocked identifiers, as ingest does.
    """

    def __init__(self, graph: Graph, links: Links, blocklist: Container[Identifier]) -> None:
        self._graph = graph
        self._links = links
        self._blocklist = blocklist

    async def read(self, query: ContextQuery) -> Context:
        """Returns the context of the Customer that matches a query. Writes nothing.

        Raises InvalidPayload, CustomerNotFound or Unavailable.
        """
        row = await self.read_row(query)
        context = _context(row, self._links(row["customerId"]))
        return fit(context, query.max_size) if query.max_size else context

    async def read_row(self, query: ContextQuery, *, has_evidence: bool = False) -> Row:
        """Returns the row of the Customer that matches a query, with the facts that are new.

        With evidence, facts name an event. Raises InvalidPayload, CustomerNotFound or Unavailable.
        """
        parsed = context_query.parse(query, self._blocklist)
        rows = await self._graph.read(
            "context", **parsed.parameters, scan=MAX_COUNTED_TOUCHPOINTS, evidence=has_evidence
        )
        customer = parsed.parameters["customer"]
        row = first(rows, CustomerNotFound.of_id(customer) if customer else CustomerNotFound())
        weights = {item.kind: item.weight for item in parsed.identifiers}
        row["weight"] = weights.get(row["matchedBy"])
        return _new_facts(row, parsed.since) if parsed.since else row


def fit(context: Context, max_bytes: int) -> Context:
    """Returns the context in at most `max_bytes` of JSON; `omitted` counts the items left out.

    Leaves out first the oldest Touchpoints, then identity conflicts, the oldest merges, the rarest
    events, and the newest identifiers.
    """
    shortened, omitted = truncate(context, max_bytes, _TRUNCATED, _OMITTED_BYTES)
    if omitted is None:
        return context
    return msgspec.structs.replace(shortened, omitted=Omitted(**omitted))


def _new_facts(row: Row, since: timestamps.Instant) -> Row:
    """Returns a row without the facts that did not change after a time."""
    for name, field in _CHANGED_AT.items():
        # A conflict has no time of its last change if that is after `asOf`.
        row[name] = [
            item for item in row[name] if timestamps.parse(item[field] or item["firstSeen"]) > since
        ]
    return row


def _context(row: Row, browser: str | None) -> Context:
    return Context(
        row["customerId"],
        row["matchedBy"],
        row["weight"],
        row["createdAt"],
        row["first"],
        row["last"],
        msgspec.convert(row["identifiers"], list[CustomerIdentifier]),
        msgspec.convert(row["events"], list[EventCount]),
        msgspec.convert(row["samePeople"], list[ConflictingCustomer]),
        [touchpoint(item) for item in row["touchpoints"]],
        msgspec.convert(row["merged"], list[MergedCustomer]),
        row["counted"],
        row["total"],
        browser=browser,
    )
