"""Suppressed Customers: those that have an identifier on the suppression list."""

from collections.abc import Collection, Container

from app.domain.identifiers import WEIGHTS, Identifier
from app.graph.graph import Graph
from app.ingest.suppression import SuppressionCheck, refresh


class SuppressedCustomers:
    """Finds the suppressed Customers among those that events name by their IDs.

    The identifiers of a Customer are its own and those of all Customers merged with it, without
    blocked ones. One of them is enough, also if it is marked as shared: an event that carries it is
    rejected, too.
    """

    def __init__(
        self, graph: Graph, blocklist: Container[Identifier], suppressions: SuppressionCheck
    ) -> None:
        self._graph = graph
        self._blocklist = blocklist
        self._suppressions = suppressions

    async def find(self, customers: Collection[str]) -> set[str]:
        """Returns the IDs of the suppressed ones, by one read. Raises Unavailable."""
        request = {"customers": list(dict.fromkeys(customers))}
        (row,) = await self._graph.read("customer_identifiers", request=request)
        if not self._suppressions.is_current:  # the read took long
            await refresh(self._suppressions)
        if not self._suppressions.has_entries:
            return set()
        return {
            customer
            for named, identifiers in row["found"]
            if any(self._is_suppressed(kind, value) for kind, value in identifiers)
            for customer in named
        }

    def _is_suppressed(self, kind: str, value: str) -> bool:
        identifier = Identifier(kind, value, WEIGHTS[kind])
        return str(identifier) in self._suppressions and identifier not in self._blocklist
