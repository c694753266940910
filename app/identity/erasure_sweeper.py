"""The sweeper deletes the rest of an erased Customer, in bounded transactions."""

from collections.abc import Awaitable, Callable, Iterable

from app.graph.graph import Graph, Row
from app.identity.erasure_suppression import ErasureSuppression

Report = Callable[[int], None]  # gets the number of Touchpoints deleted since the last call
# Gets the IDs of erased Customers, and their identifiers (kind:value).
Forget = Callable[[Iterable[str], Iterable[str]], Awaitable[None]]


async def forget_nothing(customers: Iterable[str], names: Iterable[str]) -> None:
    """For a process that keeps nothing of Customers outside of the graph."""


class ErasureSweeper:
    """Deletes the rest of erased Customers: `batch` nodes or relationships in a transaction.

    It can be interrupted, repeated, and run twice at once. `forget` deletes what processes have in
    memory.
    """

    def __init__(
        self, graph: Graph, batch: int, forget: Forget, suppression: ErasureSuppression
    ) -> None:
        self._graph = graph
        self._batch = batch
        self._forget = forget
        self._suppression = suppression

    async def run(self, customer: str, report: Report) -> bool:
        """Deletes all there is, and completes the erasure unless more arrived meanwhile.

        Returns whether only the hold of its suppression delays its end. Raises Unavailable or
        SuppressionSecretMissing.
        """
        erased = self._batch
        while erased == self._batch:
            # Each time, as an event that was resolved before the erasure may attach another one.
            await self._suppression.suppress_late(customer)
            await self._all("erasure_delete_identifiers", customer)
            erased = await self._some("erasure_delete_touchpoints", customer)
            report(erased)
        await self._all("erasure_delete_links", customer)
        await self._redact(customer)
        await self.forget(customer)  # the identifiers that were deleted since the begin as well
        rows = await self._graph.write("erasure_finish", customer=customer, limit=self._batch)
        return any(row["isHeld"] for row in rows)

    async def forget(self, customer: str) -> None:
        """Has all processes forget what is erased so far. Raises Unavailable."""
        for row in await self._graph.read("erasure_names", customer=customer):
            await self._forget(row["customers"], row["names"])

    async def _all(self, statement: str, customer: str) -> None:
        while await self._some(statement, customer) == self._batch:
            pass

    async def _some(self, statement: str, customer: str) -> int:
        rows = await self._graph.write(statement, customer=customer, limit=self._batch)
        return sum(row["erased"] for row in rows)

    async def _redact(self, customer: str) -> None:
        """Removes the erased Identifiers from events of other Customers."""
        while rows := await self._graph.read("erasure_mentions", customer=customer, limit=1):
            for row in rows:
                for other in row["customers"]:
                    await self._redact_events(customer, other, row["names"])
                await self._graph.write(
                    "erasure_forget_mentions",
                    customer=customer,
                    other=row["other"],
                    names=row["names"],
                )

    async def _redact_events(self, customer: str, other: str, names: list[str]) -> None:
        page: Row = {"end": None}
        while True:
            (page,) = await self._graph.read(
                "erasure_touchpoints_to_redact",
                customer=other,
                names=names,
                after=page["end"],
                scan=self._batch,
            )
            if page["events"]:
                await self._graph.write(
                    "erasure_redact_touchpoints",
                    customer=customer,
                    events=page["events"],
                    names=names,
                )
            if page["end"] is None:
                return
