"""Outcomes: the part of each identifier of an event in its resolution, derived from the graph."""

from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from app.customers.explanation.lineage import Lineage
from app.domain.identifiers import WEIGHTS, Kind
from app.domain.timestamps import Instant

# Of two events that come at about the same time, the later one may be written first; but no event
# waits for so long.
MAX_REORDERING_SECONDS = 60

IdentifierOutcome = Annotated[
    str,
    Meta(
        description="`decided`: it identified the Customer, and none that weighs more did. "
        "`agreed`: it identified the same one. `overruled`: it identified another one. "
        "`attached`: it was new, and identifies the Customer since. `shared`: it was known to be "
        "of several people, and was not used. `beyond_limit`: the Customer had too many of its "
        "kind to get another. `blocked`: it stands for nobody, and was ignored. `gone`: it is no "
        "longer known, or has been made anew since, and so is not what it did.",
        extra_json_schema={
            "enum": [
                *("decided", "agreed", "overruled", "attached"),
                *("shared", "beyond_limit", "blocked", "gone"),
            ]
        },
    ),
]


class IdentifierExplanation(Struct, frozen=True, rename="camel", omit_defaults=True):
    """An identifier of an event, and its outcome."""

    kind: Kind
    value: Annotated[str, Meta(description="Normalised, as it is compared.")]
    weight: float
    outcome: IdentifierOutcome
    sent: Annotated[
        str | None, Meta(description="As it was sent, where that is not the value itself.")
    ] = None
    customer_id: Annotated[
        str | None,
        Meta(description="Whom it identified when the event was received, or identifies since."),
    ] = None


class OwnedIdentifier(Struct, frozen=True):
    """An identifier, `kind:value`, that has an owner now; `home` is the owner without merges."""

    name: str
    weight: float
    since: Instant
    home: str


class Outcomes:
    """The outcomes of the identifiers of a Touchpoint, a map that `explanation.cypher` returns.

    `survivor` is the survivor of its Customer when it was received.
    """

    def __init__(
        self, touchpoint: dict[str, Any], owned: list[OwnedIdentifier], lineage: Lineage
    ) -> None:
        self._touchpoint = touchpoint
        self._owned = {identifier.name: identifier for identifier in owned}
        self._lineage = lineage
        self._moment: Instant = msgspec.convert(touchpoint["at"], Instant)
        self._sent = dict(name.split(":", 1) for name in touchpoint["sent"] or [])
        # The one of the response, if the Touchpoint has kept another one than its Customer.
        self.survivor: str = touchpoint["survivor"] or lineage.survivor(
            touchpoint["customerId"], self._moment
        )

    def explain(self) -> list[IdentifierExplanation]:
        """The explanations of all identifiers, by falling weight."""
        ignored = self._touchpoint["ignored"] or []
        explanations = [self._used(name) for name in self._touchpoint["identifiers"]]
        explanations += [self._explained(name, "blocked") for name in ignored]
        return sorted(explanations, key=lambda explanation: -explanation.weight)

    def homes(self) -> list[str]:
        """The Customers who own the identifiers, without regard to merges."""
        names: list[str] = self._touchpoint["identifiers"]
        return [owned.home for owned in map(self._known, names) if owned]

    def _used(self, name: str) -> IdentifierExplanation:
        owned = self._known(name)
        owner = self._lineage.survivor(owned.home, self._moment) if owned else None
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
        if owned.since == self._moment:
            return self._explained(name, "attached", self.survivor)
        if self.survivor == owner or owned.home == self._touchpoint["customerId"]:
            return self._explained(name, "agreed", self.survivor)
        return self._explained(name, "overruled", owner)

    def _known(self, name: str) -> OwnedIdentifier | None:
        """An identifier that has an owner, unless it got that owner only long after the event."""
        owned = self._owned.get(name)
        if owned and owned.since[0] - self._moment[0] <= MAX_REORDERING_SECONDS:
            return owned
        return None

    def _explained(
        self, name: str, outcome: str, customer: str | None = None
    ) -> IdentifierExplanation:
        kind, _, value = name.partition(":")
        owned = self._owned.get(name)
        weight = owned.weight if owned else WEIGHTS[kind]
        return IdentifierExplanation(kind, value, weight, outcome, self._sent.get(kind), customer)
