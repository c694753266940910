"""The rules of resolution, in plain Python: the expected graph."""

from collections import Counter
from dataclasses import dataclass, field

KINDS = ("email", "phone", "externalId")
ANONYMOUS = "anonymousId"


@dataclass
class Model:
    """A graph in memory. Customers are numbered in the order of their making."""

    customers: int = 0
    owners: dict[tuple[str, str], int] = field(default_factory=dict)
    into: dict[int, int] = field(default_factory=dict)  # anonymous Customers, merged by rule
    conflicts: Counter[tuple[frozenset[int], str]] = field(default_factory=Counter)
    touchpoints: dict[object, tuple[int, str]] = field(default_factory=dict)
    responses: dict[object, tuple[int, str]] = field(default_factory=dict)

    def ingest(self, identity, customer=None, **keys):
        """The Customer of an event, and its match; a known identity changes nothing."""
        if identity not in self.touchpoints:
            own, resolved = self._resolve(customer, keys)
            self.touchpoints[identity] = own, resolved
            self.responses[identity] = self.survivor(own), resolved
        return self.responses[identity]

    def survivor(self, customer):
        while customer in self.into:
            customer = self.into[customer]
        return customer

    def is_anonymous(self, customer):
        """Whether a surviving Customer has no identifiers but anonymous IDs."""
        return all(
            kind == ANONYMOUS or self.survivor(owner) != customer
            for (kind, _), owner in self.owners.items()
        )

    def _resolve(self, customer, keys):
        present = [(kind, keys[kind]) for kind in (*KINDS, ANONYMOUS) if kind in keys]
        owned = [key for key in present if key in self.owners]
        if owned and owned[-1][0] == ANONYMOUS and (len(present) > 1 or customer is not None):
            self._meet_visitor(owned, customer)
            if not self.is_anonymous(self.survivor(self.owners[owned[-1]])):
                owned.pop()
        resolved = "customer"
        if customer is None and owned:
            customer, resolved = self.owners[owned[0]], owned[0][0]
        elif customer is None:
            customer, resolved = self.customers, "new"
            self.customers += 1
        for key in present:
            owner = self.survivor(self.owners.setdefault(key, customer))
            if owner != self.survivor(customer):
                self.conflicts[frozenset({customer, owner}), key[0]] += 1
        return customer, resolved

    def _meet_visitor(self, owned, customer):
        """Merges an anonymous Customer into the identified one of the event."""
        visitor = self.survivor(self.owners[owned[-1]])
        target = self.owners[owned[0]] if customer is None else customer
        survivor = self.survivor(target)
        if survivor != visitor and self.is_anonymous(visitor) and not self.is_anonymous(survivor):
            self.into[visitor] = target
