"""Explanations: why an event is with its Customer, told from what it left in the graph."""

from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from app.customers.explanation.lineage import Lineage, LineageChange, Link
from app.customers.explanation.narrative import Story, tell
from app.customers.explanation.outcomes import KeyExplanation, Outcomes, Owned
from app.customers.touchpoints import Touchpoint, touchpoint
from app.domain import identifiers, timestamps
from app.domain.timestamps import Instant
from app.domain.validation import FieldErrors
from app.errors import EventNotFound
from app.graph.graph import Graph, Row
from app.graph.rows import first

_NOW: Instant = (2**63, 0)  # and ever after


class ExplanationQuery(Struct, frozen=True, forbid_unknown_fields=True, rename="camel"):
    """Which event to explain."""

    event_id: Annotated[
        str,
        Meta(
            description="The event's id.",
            extra_json_schema={"minLength": 1, "maxLength": identifiers.MAX_ID_LENGTH},
        ),
    ]
    as_of: Annotated[
        str | None,
        Meta(
            description="Answer as of this moment: an event that was received later is not known, "
            "and who is merged is as it was then.",
            extra_json_schema={"pattern": timestamps.PATTERN},
        ),
    ] = None


class Explanation(Touchpoint, frozen=True, rename="camel"):
    """An event as it is kept, and why it is with its Customer: in parts, and in words."""

    customer_id: Annotated[str, Meta(description="The Customer to whom it is attached.")]
    survivor_id: Annotated[
        str, Meta(description="The one into whom that Customer is merged by now, or itself.")
    ]
    created_customer: Annotated[
        bool, Meta(description="Whether this event created the Customer to whom it was attached.")
    ]
    keys: Annotated[
        list[KeyExplanation],
        Meta(description="What became of each key that the event carried, the heaviest first."),
    ]
    changes: Annotated[
        list[LineageChange],
        Meta(
            description="The merges and splits since then of whoever one of the keys identified, "
            "and of the Customer, in order."
        ),
    ]
    explanation: Annotated[str, Meta(description="All of it in one or two sentences.")]


class ExplanationReader:
    """Explains events from the graph; ingest keeps nothing for that alone."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph

    async def read(self, query: ExplanationQuery) -> Explanation:
        """The explanation that a query asks for.

        Raises InvalidPayload, EventNotFound or Unavailable.
        """
        errors = FieldErrors()
        event = errors.parse(query.event_id, "eventId", identifiers.opaque_id)
        as_of = errors.parse(query.as_of, "asOf", timestamps.parse)
        errors.raise_any()
        missing = EventNotFound("there is no such event")
        row = first(await self._graph.read("explanation", event=event), missing)
        if as_of is not None and _moment(row) > as_of:
            raise missing
        return _explanation(row, as_of or _NOW)


def _explanation(row: Row, until: Instant) -> Explanation:
    kept, moment = row["touchpoint"], _moment(row)
    found = msgspec.convert(row["found"], list[Owned])
    lineage = Lineage(msgspec.convert(row["links"], list[Link]))
    outcomes = Outcomes(kept, found, lineage)
    customer = kept["customerId"]
    story = Story(
        kept["resolvedBy"],
        lineage.whole(customer, moment),
        outcomes.customer,
        lineage.root(customer, until),
        outcomes.keys(),
        lineage.changes([customer, *outcomes.homes()], moment, until),
    )
    return _told(kept, story)


def _told(kept: dict[str, Any], story: Story) -> Explanation:
    return Explanation(
        **msgspec.structs.asdict(touchpoint(kept)),
        customer_id=kept["customerId"],
        survivor_id=story.survivor,
        created_customer=story.resolved == "new",
        keys=story.keys,
        changes=story.changes,
        explanation=tell(story),
    )


def _moment(row: Row) -> Instant:
    return msgspec.convert(row["touchpoint"]["at"], Instant)
