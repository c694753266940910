"""The context of a Customer, found by its ID or by one of its identifiers."""

from collections.abc import Callable, Container
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from app.customers.touchpoints import AsOf, Touchpoint, touchpoint
from app.customers.truncation import truncate
from app.domain import identity_fields, timestamps
from app.domain.identifiers import WEIGHTS, Identifier, Kind
from app.domain.validation import FieldErrors
from app.errors import CustomerNotFound
from app.graph.graph import Graph, Row
from app.graph.rows import first

MAX_TOUCHPOINTS = 200
MAX_COUNTED_TOUCHPOINTS = 2000  # each may cost a read of the disk
MIN_RESPONSE_BYTES = 2048

_OMITTED_BYTES = 128
_TRUNCATED = ("touchpoints", "possible_same_people", "merged", "events", "identifiers")


class ContextQuery(Struct, forbid_unknown_fields=True, rename="camel"):
    """The Customer to find, and the size of the response.

    If `customer` is absent, the first of email, phone, externalId and anonymousId that matches is
    used. A blank or null field counts as absent.
    """

    customer: identity_fields.CustomerField = None
    email: identity_fields.EmailField = None
    phone: identity_fields.PhoneField = None
    external_id: identity_fields.ExternalIdField = None
    anonymous_id: identity_fields.AnonymousIdField = None
    limit: Annotated[
        int,
        Meta(
            ge=0,
            le=MAX_TOUCHPOINTS,
            description=f"Number of latest Touchpoints, 0 to {MAX_TOUCHPOINTS}; 20 by default.",
        ),
    ] = 20
    as_of: AsOf = None
    max_bytes: Annotated[
        Annotated[int, Meta(ge=MIN_RESPONSE_BYTES)] | None,
        Meta(description="Maximum size of the response in bytes; `omitted` counts the rest."),
    ] = None


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
        errors = FieldErrors()
        customer, identifiers, _ = identity_fields.parse_identity(query, self._blocklist, errors)
        as_of = errors.parse(query.as_of, "asOf", timestamps.parse)
        if not identity_fields.has_any_identifier(query):
            errors.add("", identity_fields.MISSING_ANY_IDENTIFIER)
        errors.raise_any()
        rows = await self._graph.read(
            "context",
            customer=customer,
            keys=[{"kind": item.kind, "value": item.value} for item in identifiers],
            asOf=as_of,
            limit=query.limit,
            scan=MAX_COUNTED_TOUCHPOINTS,
        )
        row = first(rows, CustomerNotFound())
        weights = {item.kind: item.weight for item in identifiers}
        context = _context(row, weights.get(row["matchedBy"]), self._links(row["customerId"]))
        return fit(context, query.max_bytes) if query.max_bytes else context


def fit(context: Context, max_bytes: int) -> Context:
    """Returns the context in at most `max_bytes` of JSON; `omitted` counts the items left out.

    Leaves out first the oldest Touchpoints, then identity conflicts, the oldest merges, the rarest
    events, and the newest identifiers.
    """
    shortened, omitted = truncate(context, max_bytes, _TRUNCATED, _OMITTED_BYTES)
    if omitted is None:
        return context
    return msgspec.structs.replace(shortened, omitted=Omitted(**omitted))


def _context(row: Row, weight: float | None, browser: str | None) -> Context:
    return Context(
        row["customerId"],
        row["matchedBy"],
        weight,
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
