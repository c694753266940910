"""Outcomes: what became of each key that an event carried, as the graph tells it afterwards."""

from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from app.customers.explanation.lineage import Lineage
from app.domain.identifiers import WEIGHTS, Kind
from app.domain.timestamps import Instant

# Of two events that come at about the same time, the later one may be written first; but no event
# waits for so long.
LATE = 60  # seconds

Outcome = Annotated[
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


class KeyExplanation(Struct, frozen=True, rename="camel", omit_defaults=True):
    """A key that an event carried, and what became of it."""

    kind: Kind
    value: Annotated[str, Meta(description="Normalised, as it is compared.")]
    weight: float
    outcome: Outcome
    sent: Annotated[
        str | None, Meta(description="As it was sent, where that is not the value itself.")
    ] = None
    customer_id: Annotated[
        str | None,
        Meta(description="Whom it identified when the event was received, or identifies since."),
    ] = None


class Owned(Struct, frozen=True):
    """A key that identifies somebody now: whose it is by itself, and since when."""

    name: str
    weight: float
    since: Instant
    home: str


class Outcomes:
    """What became of the keys of a Touchpoint, a map as `explanation` in `cypher/read/` gives it.

    `customer` is who stood for its Customer when it was received.
    """

    def __init__(self, touchpoint: dict[str, Any], found: list[Owned], lineage: Lineage) -> None:
        self._touchpoint = touchpoint
        self._found = {each.name: each for each in found}
        self._lineage = lineage
        self._moment: Instant = msgspec.convert(touchpoint["at"], Instant)
        self._sent = dict(name.split(":", 1) for name in touchpoint["sent"] or [])
        # What its answer said, where that was another one.
        survivor = touchpoint["survivor"]
        self.customer: str = survivor or lineage.root(touchpoint["customerId"], self._moment)

    def keys(self) -> list[KeyExplanation]:
        """Each key, the heaviest first."""
        ignored = self._touchpoint["ignored"] or []
        keys = [self._used(name) for name in self._touchpoint["identifiers"]]
        keys += [self._explained(name, "blocked") for name in ignored]
        return sorted(keys, key=lambda key: -key.weight)

    def homes(self) -> list[str]:
        """The Customers whose the keys are by themselves."""
        names: list[str] = self._touchpoint["identifiers"]
        return [owned.home for owned in map(self._known, names) if owned]

    def _used(self, name: str) -> KeyExplanation:
        owned = self._known(name)
        owner = self._lineage.root(owned.home, self._moment) if owned else None
        if name.partition(":")[0] == self._touchpoint["resolvedBy"]:
            return self._explained(name, "decided", self.customer)
        if name in (self._touchpoint["shared"] or []):
            return self._explained(name, "shared", owner)
        if name in (self._touchpoint["beyondLimit"] or []):
            return self._explained(name, "beyond_limit")
        return self._matched(name, owned, owner)

    def _matched(self, name: str, owned: Owned | None, owner: str | None) -> KeyExplanation:
        if not owned:
            return self._explained(name, "gone")
        if owned.since == self._moment:
            return self._explained(name, "attached", self.customer)
        if self.customer == owner or owned.home == self._touchpoint["customerId"]:
            return self._explained(name, "agreed", self.customer)
        return self._explained(name, "overruled", owner)

    def _known(self, name: str) -> Owned | None:
        """Who has a key, unless it has been given to somebody only long after the event."""
        owned = self._found.get(name)
        if owned and owned.since[0] - self._moment[0] <= LATE:
            return owned
        return None

    def _explained(self, name: str, outcome: str, customer: str | None = None) -> KeyExplanation:
        kind, _, value = name.partition(":")
        owned = self._found.get(name)
        weight = owned.weight if owned else WEIGHTS[kind]
        return KeyExplanation(kind, value, weight, outcome, self._sent.get(kind), customer)
