"""Erasure (GDPR Art. 17): deletes Customers with their Identifiers and Touchpoints."""

import asyncio
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from app.domain import ids, timestamps
from app.errors import CustomerNotFound, MergeConflict, Unavailable
from app.graph.graph import Graph, Row
from app.identity.erasure_query import ErasureQuery, parse
from app.identity.erasure_suppression import HOLD_SECONDS, ErasureSuppression
from app.identity.erasure_sweeper import ErasureSweeper, Forget, Report, forget_nothing
from app.identity.erasure_worker import WATCH_INTERVAL_SECONDS, ErasureWorker
from app.identity.splits import SplitService
from app.identity.suppressions import SuppressionService
from app.observability.metrics import Metrics

COMMAND_LINE = "cli"  # in place of the ID of an API key
RESPONSE_TIMEOUT_SECONDS = 8.0  # after which the erasure continues in the background
MAX_ATTEMPTS = 5  # to begin while others merge or split the Customer
MAX_PASSES = 20  # to finish while events that were resolved before the erasure arrive

CONTENDED = "Other requests are merging or splitting the Customer. Retry."


class Erasure(Struct, frozen=True, rename="camel", omit_defaults=True):
    """An erasure: the deleted data, time, API key and reason. Complete with a `finishedAt`."""

    erasure_id: Annotated[str, Meta(extra_json_schema={"pattern": "^ers_"})]
    customers: Annotated[
        list[str],
        Meta(description="The surviving Customer, then the Customers merged into it."),
    ]
    identifiers: Annotated[int, Meta(description="Number of deleted Identifiers.")]
    touchpoints: Annotated[int, Meta(description="Number of deleted Touchpoints.")]
    redacted: Annotated[
        int, Meta(description="Number of events of other Customers that were redacted.")
    ]
    at: Annotated[str, Meta(description="Time after which no request finds the Customers.")]
    by: Annotated[str, Meta(description="The id of the API key, or `cli` for the command line.")]
    reason: str | None = None
    finished_at: str | None = None


class ErasureLimits(Struct, frozen=True):
    """How much an erasure does in a transaction, and how long a request waits for its end.

    `batch` is a number of nodes or relationships. `response_timeout` is in seconds, and so is
    `hold`: the time for which events may still carry identifiers that the erasure suppressed.
    """

    batch: int = 2000
    response_timeout: float = RESPONSE_TIMEOUT_SECONDS
    hold: float = HOLD_SECONDS


class ErasureService:
    """Erases Customers from the graph. `watch` finishes each erasure that was interrupted.

    An erasure begins with one transaction, after which no request finds the Customer. The later
    ones, which delete its Touchpoints, can be interrupted, repeated, and run twice at once.
    """

    def __init__(  # noqa: PLR0913 - each collaborator, and the limits
        self,
        graph: Graph,
        splits: SplitService,
        suppressions: SuppressionService,
        metrics: Metrics | None = None,
        *,
        forget: Forget = forget_nothing,
        limits: ErasureLimits | None = None,
    ) -> None:
        self._graph = graph
        self._splits = splits
        self._limits = limits or ErasureLimits()
        batch = self._limits.batch
        self._suppression = ErasureSuppression(graph, suppressions, self._limits.hold, batch)
        self._sweeper = ErasureSweeper(graph, batch, forget, self._suppression)
        self._worker = ErasureWorker(graph, self.finish, metrics or Metrics())

    async def erase(self, query: ErasureQuery, by: str) -> Erasure:
        """Erases a Customer with all Customers merged with it. A repeat returns the first erasure.

        Returns after the response timeout, without `finished_at` if it continues in the background.
        Raises InvalidPayload, CustomerNotFound, MergeConflict, SuppressionSecretMissing or
        Unavailable.
        """
        erasure = await self.begin(query, by)
        if erasure.finished_at:
            return erasure
        customer = erasure.customers[0]
        task = self._worker.start(customer)
        await asyncio.wait((task,), timeout=self._limits.response_timeout)
        return task.result() if task.done() else await self._read(customer)

    async def begin(self, query: ErasureQuery, by: str) -> Erasure:
        """Begins the erasure of a Customer, for `finish` to complete.

        Raises InvalidPayload, CustomerNotFound, MergeConflict, SuppressionSecretMissing or
        Unavailable.
        """
        customer, reason = parse(query)
        for _ in range(MAX_ATTEMPTS):
            survivors = await self._graph.read("survivors", customers=[customer])
            for row in survivors:
                survivor, suppressed = row["survivorId"], None
                if query.suppress:
                    suppressed = await self._suppression.suppress(survivor, reason, by)
                await self._close(survivor, reason, by, suppressed)
            if erasure := await self.find(customer):
                await self._sweeper.forget(customer)
                return erasure
            if not survivors:
                raise CustomerNotFound.of_id(customer)
        raise MergeConflict(CONTENDED)

    async def find(self, customer: str) -> Erasure | None:
        """The erasure of a Customer, if it was erased. Raises Unavailable."""
        for row in await self._graph.read("erasure", customer=customer):
            return msgspec.convert(row | {"erasureId": row["id"]}, Erasure)
        return None

    async def finish(self, customer: str, report: Report = lambda _: None) -> Erasure:
        """Deletes the rest of a Customer after `begin`; `report` gets each number of Touchpoints.

        Returns without `finished_at` if events can still carry an identifier that is suppressed.
        Raises CustomerNotFound, MergeConflict, SuppressionSecretMissing or Unavailable.
        """
        for _ in range(MAX_PASSES):
            await self._suppression.expel(customer, self._erase_returned)
            is_held = await self._sweeper.run(customer, report)
            erasure = await self._read(customer)
            if erasure.finished_at or is_held:
                return erasure
        raise Unavailable("Events of the Customer are still arriving. Retry.")

    async def watch(self, interval: float = WATCH_INTERVAL_SECONDS) -> None:
        """Resumes erasures that no process works on, every `interval` seconds, until cancelled."""
        await self._worker.watch(interval)

    async def _erase_returned(self, customer: str, reason: str | None, by: str) -> Erasure:
        begun = await self.begin(ErasureQuery(customer, reason), by)
        return await self.finish(begun.customers[0])

    async def _close(
        self, survivor: str, reason: str | None, by: str, suppressed: list[Row] | None
    ) -> None:
        # An interrupted split has left Touchpoints of the part with the split Customer.
        splits = await self._graph.read("erasure_splits", customer=survivor)
        for whole in dict.fromkeys(row["whole"] for row in splits):
            await self._splits.finish(whole)
        await self._graph.write(
            "erasure_begin",
            customer=survivor,
            splits=[row["id"] for row in splits],
            id=ids.new_erasure_id(),
            at=timestamps.now()[1],
            by=by,
            reason=reason,
            limit=self._limits.batch,
            suppressed=suppressed,
            hold=self._limits.hold,
        )

    async def _read(self, customer: str) -> Erasure:
        if erasure := await self.find(customer):
            return erasure
        raise CustomerNotFound(f"Customer {customer} was not erased.")
