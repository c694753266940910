"""The timeline of a Customer: its Touchpoints, newest first, in pages."""

from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from app.customers.touchpoints import AsOf, Touchpoint, touchpoint
from app.domain import identifiers, pagination, timestamps
from app.domain.validation import FieldErrors
from app.errors import CustomerNotFound
from app.graph.graph import Graph
from app.graph.rows import first

MAX_PAGE_TOUCHPOINTS = 200
MAX_SCANNED_TOUCHPOINTS = 2000  # for a page of a filtered timeline


_Time = Annotated[str | None, Meta(extra_json_schema={"pattern": timestamps.PATTERN})]


class TimelineQuery(Struct, frozen=True, forbid_unknown_fields=True, rename="camel"):
    """The Customer, and the part of its timeline."""

    customer: Annotated[
        str,
        Meta(
            description="ID of the Customer.",
            extra_json_schema={"minLength": 1, "maxLength": identifiers.MAX_ID_LENGTH},
        ),
    ]
    limit: Annotated[int, Meta(ge=1, le=MAX_PAGE_TOUCHPOINTS, description="Page size.")] = 50
    cursor: Annotated[str | None, Meta(description="The `nextCursor` of the previous page.")] = None
    event: Annotated[str | None, Meta(description="Only events with this name.")] = None
    from_: Annotated[_Time, Meta(description="Start time, inclusive.")] = msgspec.field(
        default=None, name="from"
    )
    to: Annotated[_Time, Meta(description="End time, exclusive.")] = None
    as_of: AsOf = None


class Timeline(Struct, frozen=True, rename="camel", omit_defaults=True):
    """A page of a timeline, newest first. If there is a `nextCursor`, there may be more.

    It has the Touchpoints of all Customers merged into `customer_id`. With a filter, a page may be
    shorter than `limit`, or empty.
    """

    customer_id: str
    touchpoints: list[Touchpoint]
    next_cursor: str | None = None


class TimelineReader:
    """Reads timelines from the graph."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph

    async def read(self, query: TimelineQuery) -> Timeline:
        """Returns a page of a timeline. Late events do not move the next page.

        Raises InvalidPayload, CustomerNotFound or Unavailable.
        """
        errors = FieldErrors()
        customer = errors.parse(query.customer, "customer", identifiers.opaque_id)
        parameters: dict[str, Any] = {
            "from": errors.parse(query.from_, "from", timestamps.parse),
            "to": errors.parse(query.to, "to", timestamps.parse),
            "asOf": errors.parse(query.as_of, "asOf", timestamps.parse),
            "before": errors.parse(query.cursor, "cursor", pagination.decode_time),
        }
        errors.raise_any()
        rows = await self._graph.read(
            "timeline",
            **parameters,
            customer=customer,
            event=query.event or None,
            limit=query.limit,
            scan=MAX_SCANNED_TOUCHPOINTS if query.event or query.as_of else query.limit + 1,
        )
        row = first(rows, CustomerNotFound())
        page, last = pagination.page(row["touchpoints"], query.limit, row["end"])
        after = pagination.encode_time(last["at"], last["id"]) if last else None
        return Timeline(row["customerId"], [touchpoint(item) for item in page], after)
