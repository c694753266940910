"""Explanations: why an event is with its Customer, derived from the graph."""

from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from app.customers.explanation.lineage import Lineage, LineageChange, LineageLink
from app.customers.explanation.narrative import Narrative, render
from app.customers.explanation.outcomes import IdentifierExplanation, Outcomes, OwnedIdentifier
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
    """An event as it is stored, and why it is with its Customer: in parts, and in sentences."""

    customer_id: Annotated[str, Meta(description="The Customer to whom it is attached.")]
    survivor_id: Annotated[
        str, Meta(description="The one into whom that Customer is merged by now, or itself.")
    ]
    created_customer: Annotated[
        bool, Meta(description="Whether this event created the Customer to whom it was attached.")
    ]
    keys: Annotated[
        list[IdentifierExplanation],
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
    """Explains events from the graph; ingest stores nothing for that alone."""

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
        missing = EventNotFound()
        row = first(await self._graph.read("explanation", event=event), missing)
        if as_of is not None and _moment(row) > as_of:
            raise missing
        return _explanation(row, as_of or _NOW)


def _explanation(row: Row, until: Instant) -> Explanation:
    stored, moment = row["touchpoint"], _moment(row)
    owned = msgspec.convert(row["owned"], list[OwnedIdentifier])
    lineage = Lineage(msgspec.convert(row["links"], list[LineageLink]))
    outcomes = Outcomes(stored, owned, lineage)
    customer = stored["customerId"]
    narrative = Narrative(
        stored["resolvedBy"],
        lineage.unsplit(customer, moment),
        outcomes.survivor,
        lineage.survivor(customer, until),
        outcomes.explain(),
        lineage.changes([customer, *outcomes.homes()], moment, until),
    )
    return Explanation(
        **msgspec.structs.asdict(touchpoint(stored)),
        customer_id=customer,
        survivor_id=narrative.survivor,
        created_customer=narrative.resolved == "new",
        keys=narrative.identifiers,
        changes=narrative.changes,
        explanation=render(narrative),
    )


def _moment(row: Row) -> Instant:
    return msgspec.convert(row["touchpoint"]["at"], Instant)
