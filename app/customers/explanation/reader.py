"""Explanations of the Customer of an event, derived from the graph."""

from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

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

_NOW: Instant = (2**63, 0)  # later than any time


class ExplanationQuery(Struct, frozen=True, forbid_unknown_fields=True, rename="camel"):
    """The event to explain."""

    event_id: Annotated[
        str,
        Meta(
            description="ID of the event.",
            extra_json_schema={"minLength": 1, "maxLength": identifiers.MAX_ID_LENGTH},
        ),
    ]
    as_of: Annotated[
        str | None,
        Meta(
            description="A point in time: an event received later is unknown, and merges are as "
            "they were then. Default: now.",
            extra_json_schema={"pattern": timestamps.PATTERN},
        ),
    ] = None


class Explanation(Touchpoint, frozen=True, rename="camel"):
    """A stored event, and the reason for its Customer: by identifier, and in sentences."""

    customer_id: Annotated[str, Meta(description="The Customer that the event is attached to.")]
    survivor_id: Annotated[
        str, Meta(description="The surviving Customer: `customerId` if it is not merged.")
    ]
    created_customer: Annotated[bool, Meta(description="Whether the event created its Customer.")]
    keys: Annotated[
        list[IdentifierExplanation],
        Meta(description="The outcome of each identifier, highest priority first."),
    ]
    changes: Annotated[
        list[LineageChange],
        Meta(
            description="Later merges and splits of the Customer and of the Customers that the "
            "identifiers matched, in order."
        ),
    ]
    explanation: Annotated[str, Meta(description="The explanation in sentences.")]
    clock_skew: Annotated[
        int | UnsetType,
        Meta(
            description="Seconds by which the clock of the device was ahead, below zero if it was "
            "behind. Absent unless it was off."
        ),
    ] = UNSET


class ExplanationReader:
    """Reads explanations from the graph. Ingest stores no data for them alone."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph

    async def read(self, query: ExplanationQuery) -> Explanation:
        """Returns the explanation of an event.

        Raises InvalidPayload, EventNotFound or Unavailable.
        """
        errors = FieldErrors()
        event = errors.parse(query.event_id, "eventId", identifiers.opaque_id)
        as_of = errors.parse(query.as_of, "asOf", timestamps.parse)
        errors.raise_any()
        missing = EventNotFound()
        row = first(await self._graph.read("explanation", event=event), missing)
        if as_of is not None and _received_at(row) > as_of:
            raise missing
        return explain(row, as_of or _NOW)


def explain(row: Row, until: Instant = _NOW) -> Explanation:
    """Returns the explanation of a row that `explanation.cypher` returned, until a time."""
    stored, received_at = row["touchpoint"], _received_at(row)
    owned = msgspec.convert(row["owned"], list[OwnedIdentifier])
    lineage = Lineage(msgspec.convert(row["links"], list[LineageLink]))
    outcomes = Outcomes(stored, owned, lineage)
    customer = stored["customerId"]
    narrative = Narrative(
        stored["resolvedBy"],
        lineage.unsplit(customer, received_at),
        outcomes.survivor,
        lineage.survivor(customer, until),
        outcomes.explain(),
        lineage.changes([customer, *outcomes.homes()], received_at, until),
    )
    return Explanation(
        **msgspec.structs.asdict(touchpoint(stored)),
        customer_id=customer,
        survivor_id=narrative.survivor,
        created_customer=narrative.resolved == "new",
        keys=narrative.identifiers,
        changes=narrative.changes,
        explanation=render(narrative),
        clock_skew=UNSET if stored["clockSkew"] is None else stored["clockSkew"],
    )


def _received_at(row: Row) -> Instant:
    return msgspec.convert(row["touchpoint"]["at"], Instant)
