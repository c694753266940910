"""The timeline: a Customer's Touchpoints, the newest first, page by page."""

from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from app.customers.touchpoints import Touchpoint, touchpoint
from app.domain import identifiers, pagination, timestamps
from app.domain.validation import FieldErrors
from app.errors import CustomerNotFound
from app.graph.graph import Graph
from app.graph.rows import first

MAX_PAGE_TOUCHPOINTS = 200
MAX_SCANNED_TOUCHPOINTS = 2000  # for a page of a filtered timeline


_Moment = Annotated[str | None, Meta(extra_json_schema={"pattern": timestamps.PATTERN})]


class TimelineQuery(Struct, frozen=True, forbid_unknown_fields=True, rename="camel"):
    """Whose timeline, and which part of it."""

    customer: Annotated[
        str,
        Meta(
            description="The Customer's id.",
            extra_json_schema={"minLength": 1, "maxLength": identifiers.MAX_ID_LENGTH},
        ),
    ]
    limit: Annotated[
        int, Meta(ge=1, le=MAX_PAGE_TOUCHPOINTS, description="How long a page may be.")
    ] = 50
    cursor: Annotated[str | None, Meta(description="The `nextCursor` of the page before.")] = None
    event: Annotated[str | None, Meta(description="Only the events of this name.")] = None
    from_: Annotated[_Moment, Meta(description="The first moment of the part.")] = msgspec.field(
        default=None, name="from"
    )
    to: Annotated[_Moment, Meta(description="The first moment after the part.")] = None
    as_of: Annotated[
        _Moment,
        Meta(
            description="Answer as of this moment: what was received later is left out, and who "
            "is merged is as it was then."
        ),
    ] = None


class Timeline(Struct, frozen=True, rename="camel", omit_defaults=True):
    """A page of a timeline, the newest first. Where there is a `nextCursor` there may be more.

    It is of all Customers who are merged into one; `customerId` is the one they are merged into.
    A page is shorter than asked for, or empty, where a filter left out many: the next one goes on.
    """

    customer_id: str
    touchpoints: list[Touchpoint]
    next_cursor: str | None = None


class TimelineReader:
    """Reads timelines from the graph."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph

    async def read(self, query: TimelineQuery) -> Timeline:
        """The page that a query asks for. What arrives late moves no page that is still to come.

        Raises InvalidPayload, CustomerNotFound or Unavailable.
        """
        errors = FieldErrors()
        customer = errors.parse(query.customer, "customer", identifiers.opaque_id)
        parameters: dict[str, Any] = {
            "from": errors.parse(query.from_, "from", timestamps.parse),
            "to": errors.parse(query.to, "to", timestamps.parse),
            "asOf": errors.parse(query.as_of, "asOf", timestamps.parse),
            "before": errors.parse(query.cursor, "cursor", pagination.decode_moment),
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
        after = pagination.encode_moment(last["at"], last["id"]) if last else None
        return Timeline(row["customerId"], [touchpoint(item) for item in page], after)
