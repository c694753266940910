"""Context: what is known of a Customer, for a caller who has one of its identifiers."""

from collections.abc import Callable, Container
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from app.customers.touchpoints import Touchpoint, touchpoint
from app.customers.truncation import truncate
from app.domain import identity_fields, timestamps
from app.domain.identifiers import Identifier, Kind
from app.domain.validation import FieldErrors
from app.errors import CustomerNotFound
from app.graph.graph import Graph, Row
from app.graph.rows import first

MAX_TOUCHPOINTS = 200
MIN_RESPONSE_BYTES = 2048

_OMITTED_BYTES = 128
_TRUNCATED = ("touchpoints", "possible_same_people", "merged", "events", "identifiers")


class ContextQuery(Struct, forbid_unknown_fields=True, rename="camel"):
    """The Customer to look for, and how much of it to return.

    A Customer who is named is taken; else the first of email, phone and externalId that is known
    decides. A blank or null field counts as absent.
    """

    customer: identity_fields.CustomerField = None
    email: identity_fields.EmailField = None
    phone: identity_fields.PhoneField = None
    external_id: identity_fields.ExternalIdField = None
    limit: Annotated[
        int,
        Meta(
            ge=0, le=MAX_TOUCHPOINTS, description="How many Touchpoints to tell, the latest ones."
        ),
    ] = 20
    as_of: Annotated[
        str | None,
        Meta(
            description="Answer as of this moment: what was received later is left out, and who "
            "is merged is as it was then.",
            extra_json_schema={"pattern": timestamps.PATTERN},
        ),
    ] = None
    max_bytes: Annotated[
        Annotated[int, Meta(ge=MIN_RESPONSE_BYTES)] | None,
        Meta(description="How large the answer may be; `omitted` counts what is left out."),
    ] = None


class CustomerIdentifier(Struct, frozen=True, rename="camel"):
    """An identifier of the Customer, since when, and its weight."""

    kind: Kind
    value: str
    weight: float
    since: str


class EventCount(Struct, frozen=True, rename="camel"):
    """How many events of a name there are."""

    event: str
    count: int


class ConflictingCustomer(Struct, frozen=True, rename="camel", omit_defaults=True):
    """Another Customer who may be the same person: identifiers of the two came in one event.

    What changed after the moment that the query asks for is absent.
    """

    customer_id: str
    kind: Kind
    first_seen: str
    last_seen: str | None = None
    count: Annotated[int | None, Meta(description="How often the keys came together.")] = None


class MergedCustomer(Struct, frozen=True, rename="camel"):
    """A Customer who was merged into this one, or into one who was: by which merge, when, and why.

    Its id keeps working, and is answered with this one's.
    """

    customer_id: str
    merge_id: Annotated[str, Meta(description="By which the merge is undone.")]
    at: str
    reason: str


class Omitted(Struct, frozen=True, rename="camel", omit_defaults=True):
    """How much was left out to keep to the size that was asked for."""

    touchpoints: int = 0
    possible_same_people: int = 0
    merged: int = 0
    events: int = 0
    identifiers: int = 0


class Context(Struct, frozen=True, rename="camel", omit_defaults=True):
    """What is known of a Customer, and of all who were merged into it, the latest first.

    The Touchpoints are the latest, the newest first.
    """

    customer_id: str
    matched_by: Annotated[
        str,
        Meta(
            description="What the query named the Customer by.",
            extra_json_schema={"enum": ["customer", "email", "phone", "externalId"]},
        ),
    ]
    weight: Annotated[float | None, Meta(description="Of the key; null for a named Customer.")]
    created_at: str
    first_seen: Annotated[str | None, Meta(description="When the first Touchpoint occurred.")]
    last_seen: Annotated[str | None, Meta(description="When the last Touchpoint occurred.")]
    identifiers: list[CustomerIdentifier]
    events: list[EventCount]
    possible_same_people: list[ConflictingCustomer]
    touchpoints: list[Touchpoint]
    merged: list[MergedCustomer] = []
    omitted: Omitted | None = None
    browser: Annotated[str | None, Meta(description="A link into Neo4j Browser.")] = None


Links = Callable[[str], str | None]


class ContextReader:
    """Reads contexts from the graph. `links` gives a Customer's address in Neo4j Browser.

    A blocked identifier is ignored, as it is in events.
    """

    def __init__(self, graph: Graph, links: Links, blocklist: Container[Identifier]) -> None:
        self._graph = graph
        self._links = links
        self._blocklist = blocklist

    async def read(self, query: ContextQuery) -> Context:
        """The context that a query asks for; nothing is ever written.

        Raises InvalidPayload, CustomerNotFound or Unavailable.
        """
        errors = FieldErrors()
        customer, identifiers, _ = identity_fields.parse_identity(query, self._blocklist, errors)
        as_of = errors.parse(query.as_of, "asOf", timestamps.parse)
        if not identity_fields.has_any_identifier(query):
            errors.add("", identity_fields.MISSING_IDENTIFIER)
        errors.raise_any()
        rows = await self._graph.read(
            "context",
            customer=customer,
            keys=[{"kind": item.kind, "value": item.value} for item in identifiers],
            asOf=as_of,
            limit=query.limit,
        )
        row = first(rows, CustomerNotFound())
        weights = {item.kind: item.weight for item in identifiers}
        context = _context(row, weights.get(row["matchedBy"]), self._links(row["customerId"]))
        return fit(context, query.max_bytes) if query.max_bytes else context


def fit(context: Context, max_bytes: int) -> Context:
    """The context in at most so many bytes of JSON; what is left out is counted in `omitted`.

    The oldest Touchpoints go first, then the other people, the oldest merges, the rarest events,
    the newest identifiers.
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
        browser=browser,
    )
