"""The rules of resolution, in plain Python: the expected graph."""

from collections import Counter
from dataclasses import dataclass, field

KINDS = ("email", "phone", "externalId")


@dataclass
class Model:
    """A graph in memory. Customers are numbered in the order of their making."""

    customers: int = 0
    owners: dict[tuple[str, str], int] = field(default_factory=dict)
    conflicts: Counter[tuple[frozenset[int], str]] = field(default_factory=Counter)
    touchpoints: dict[object, tuple[int, str]] = field(default_factory=dict)

    def ingest(self, identity, customer=None, **keys):
        """The Customer of an event, and its match; a known identity changes nothing."""
        if identity not in self.touchpoints:
            self.touchpoints[identity] = self._resolve(customer, keys)
        return self.touchpoints[identity]

    def _resolve(self, customer, keys):
        present = [(kind, keys[kind]) for kind in KINDS if kind in keys]
        owned = [key for key in present if key in self.owners]
        resolved = "customer"
        if customer is None and owned:
            customer, resolved = self.owners[owned[0]], owned[0][0]
        elif customer is None:
            customer, resolved = self.customers, "new"
            self.customers += 1
        for key in present:
            if self.owners.setdefault(key, customer) != customer:
                self.conflicts[frozenset({customer, self.owners[key]}), key[0]] += 1
        return customer, resolved
