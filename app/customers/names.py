"""The names of Customers: the strongest identifier of each, by which people know them."""

from collections.abc import Iterable

from app.graph.graph import Graph


class NameReader:
    """Reads the names of Customers from the graph."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph

    async def read(self, customers: Iterable[str], *, own: bool = False) -> dict[str, str]:
        """Returns the names of Customers by their IDs; a Customer without Identifiers has none.

        With `own`, a Customer is not named by an Identifier of one that was merged into it, unless
        it has no other. Raises Unavailable.
        """
        ids = sorted(set(customers))
        if not ids:
            return {}
        rows = await self._graph.read("customer_names", customers=ids, own=own)
        return {row["customerId"]: row["name"] for row in rows}
