"""The outcome of each identifier of an event, derived from the graph."""

from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from app.customers.explanation.lineage import Lineage
from app.domain import ids
from app.domain.identifiers import WEIGHTS, Kind
from app.domain.timestamps import Instant

# Of two events that arrive at about the same time, the later one may be written first. No event
# waits this long.
MAX_REORDERING_SECONDS = 60

IdentifierOutcome = Annotated[
    str,
    Meta(
        description="`decided`: matched the Customer, with the highest priority. "
        "`agreed`: also matched it. `overruled`: matched another Customer, with lower priority. "
        "`merged`: matched an anonymous Customer, which the event merged into the Customer. "
        "`attached`: was new, and was attached to the Customer. `shared`: a shared identifier, "
        "not used. `beyond_limit`: identifier limit exceeded, not attached. `blocked`: a blocked "
        "value, ignored. `gone`: deleted, or created again later, so that its outcome is "
        "unknown.",
        extra_json_schema={
            "enum": [
                *("decided", "agreed", "merged", "overruled", "attached"),
                *("shared", "beyond_limit", "blocked", "gone"),
            ]
        },
    ),
]


class IdentifierExplanation(Struct, frozen=True, rename="camel", omit_defaults=True):
    """An identifier of an event, and its outcome."""

    kind: Kind
    value: Annotated[str, Meta(description="The normalised value.")]
    weight: float
    outcome: IdentifierOutcome
    sent: Annotated[str | None, Meta(description="The value in the request, if it differs.")] = None
    customer_id: Annotated[
        str | None,
        Meta(description="The Customer that it matched at `receivedAt`, or was attached to."),
    ] = None


class OwnedIdentifier(Struct, frozen=True):
    """An identifier `kind:value` of a Customer; `home` is that Customer without merges.

    Until `until`, when it was moved to another Customer, or until now.
    """

    name: str
    weight: float
    since: Instant
    home: str
    until: Instant | None = None


class Outcomes:
    """The outcomes of the identifiers of a Touchpoint, a map that `explanation.cypher` returned.

    `survivor` is the surviving Customer when the event was received.
    """

    def __init__(
        self, touchpoint: dict[str, Any], owned: list[OwnedIdentifier], lineage: Lineage
    ) -> None:
        self._touchpoint = touchpoint
        self._owned: dict[str, list[OwnedIdentifier]] = {}
        for identifier in sorted(owned, key=lambda identifier: identifier.since):
            self._owned.setdefault(identifier.name, []).append(identifier)
        self._lineage = lineage
        self._received_at: Instant = msgspec.convert(touchpoint["at"], Instant)
        self._sent = dict(name.split(":", 1) for name in touchpoint["sent"] or [])
        # The Touchpoint stores the Customer of the response if it is not its own Customer.
        self.survivor: str = touchpoint["survivor"] or lineage.survivor(
            touchpoint["customerId"], self._received_at
        )

    def explain(self) -> list[IdentifierExplanation]:
        """Returns the explanations of all identifiers, by falling weight."""
        ignored = self._touchpoint["ignored"] or []
        explanations = [self._used(name) for name in self._touchpoint["identifiers"]]
        explanations += [self._explained(name, "blocked") for name in ignored]
        return sorted(explanations, key=lambda explanation: -explanation.weight)

    def homes(self) -> list[str]:
        """Returns the Customers of the identifiers, without merges."""
        names: list[str] = self._touchpoint["identifiers"]
        return [owned.home for owned in map(self._known, names) if owned]

    def _used(self, name: str) -> IdentifierExplanation:
        owned = self._known(name)
        owner = self._lineage.survivor(owned.home, self._received_at) if owned else None
        if name.partition(":")[0] == self._touchpoint["resolvedBy"]:
            return self._explained(name, "decided", self.survivor)
        if name in (self._touchpoint["shared"] or []):
            return self._explained(name, "shared", owner)
        if name in (self._touchpoint["beyondLimit"] or []):
            return self._explained(name, "beyond_limit")
        return self._matched(name, owned, owner)

    def _matched(
        self, name: str, owned: OwnedIdentifier | None, owner: str | None
    ) -> IdentifierExplanation:
        if not owned:
            return self._explained(name, "gone")
        if owned.since == self._received_at:
            return self._explained(name, "attached", self.survivor)
        merge = self._lineage.merge(ids.merge_id(self._touchpoint["id"]))
        if merge and name.startswith("anonymousId:"):
            return self._explained(name, "merged", merge.from_)
        if self.survivor == owner or owned.home == self._touchpoint["customerId"]:
            return self._explained(name, "agreed", self.survivor)
        return self._explained(name, "overruled", owner)

    def _known(self, name: str) -> OwnedIdentifier | None:
        """Returns an identifier with its Customer at the time of the event.

        None if it was attached to its first Customer long after the event.
        """
        at = self._received_at
        periods = self._owned.get(name, [])
        for owned in periods:
            if owned.until is None or at < owned.until:
                return owned if owned.since[0] - at[0] <= MAX_REORDERING_SECONDS else None
        return None

    def _explained(
        self, name: str, outcome: str, customer: str | None = None
    ) -> IdentifierExplanation:
        kind, _, value = name.partition(":")
        owned = self._owned.get(name)
        weight = owned[0].weight if owned else WEIGHTS[kind]
        return IdentifierExplanation(kind, value, weight, outcome, self._sent.get(kind), customer)
