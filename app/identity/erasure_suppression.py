"""The suppression of erased people: no event that was checked before may bring them back."""

from collections.abc import Awaitable, Callable

from app.graph.graph import BULK_TIMEOUT_SECONDS, Graph, Row
from app.identity.suppression_list import MAX_AGE_SECONDS
from app.identity.suppressions import MAX_IDENTIFIERS, SuppressionService

# A process may have checked an event against a copy of the list from before the suppression. The
# event then waits for a commit until the timeout, and that commit ends within another one.
CLOCK_TOLERANCE_SECONDS = 10.0
HOLD_SECONDS = MAX_AGE_SECONDS + 2 * BULK_TIMEOUT_SECONDS + CLOCK_TOLERANCE_SECONDS

# Erases a Customer. Gets its ID, and the reason and the actor of the erasure that requires it.
Erase = Callable[[str, str | None, str], Awaitable[object]]


class ErasureSuppression:
    """Suppresses the identifiers of erased Customers, and erases who returned meanwhile.

    An erasure ends `hold` seconds after its last suppression: all events that were checked before
    are then stored or rejected.
    """

    def __init__(
        self, graph: Graph, suppressions: SuppressionService, hold: float, batch: int
    ) -> None:
        self._graph = graph
        self._suppressions = suppressions
        self._batch = batch
        self.hold = hold

    async def suppress(self, survivor: str, reason: str | None, by: str) -> list[Row]:
        """Suppresses the identifiers of a Customer, and returns them with their hashes.

        Raises SuppressionSecretMissing or Unavailable.
        """
        rows = await self._graph.read("suppressible_identifiers", customer=survivor)
        return await self._add([row["name"] for row in rows], reason, by)

    async def suppress_late(self, customer: str) -> None:
        """Suppresses the identifiers that events attached since the erasure of a Customer began.

        Raises SuppressionSecretMissing or Unavailable.
        """
        while rows := await self._graph.read(
            "erasure_late_identifiers", customer=customer, limit=self._batch
        ):
            names = [row["name"] for row in rows]
            suppressed = await self._add(names, rows[0]["reason"], rows[0]["by"])
            await self._graph.write(
                "erasure_suppress", customer=customer, suppressed=suppressed, hold=self.hold
            )

    async def expel(self, customer: str, erase: Erase) -> None:
        """Erases the Customers that events created with a suppressed identifier since the erasure.

        An older Customer that acquired one loses it. Does nothing before the hold has ended. Raises
        Unavailable, and the errors of `erase`.
        """
        rows = await self._graph.read("erasure_returned", customer=customer)
        for row in rows:
            if row["isNew"]:
                await erase(row["owner"], row["reason"], row["by"])
        while rows:
            rows = await self._graph.write("erasure_release", customer=customer, limit=self._batch)
            rows = [row for row in rows if row["erased"]]

    async def _add(self, names: list[str], reason: str | None, by: str) -> list[Row]:
        for start in range(0, len(names), MAX_IDENTIFIERS):
            await self._suppressions.add(names[start : start + MAX_IDENTIFIERS], reason, by)
        hashes = self._suppressions.hashes
        return [{"name": name, "hashes": hashes(name)} for name in names]
