"""Erasures: people deleted for good, with all that is theirs."""

import asyncio
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from app.domain import identifiers, ids, timestamps
from app.domain.identifiers import MAX_ID_LENGTH
from app.domain.validation import FieldErrors, invalid
from app.errors import CustomerNotFound, FieldError, MergeConflict, Unavailable
from app.graph.graph import Graph
from app.identity.erasure_sweeper import ErasureSweeper, Report
from app.identity.erasure_worker import WATCH_INTERVAL_SECONDS, ErasureWorker
from app.identity.reason import REASON_LENGTH
from app.identity.splits import SplitService
from app.observability.metrics import Metrics

COMMAND_LINE = "cli"  # who asks for an erasure there, where no API key does
BATCH_ROWS = 2000  # nodes or relationships in a transaction
RESPONSE_TIMEOUT_SECONDS = 8.0  # a caller waits; the erasure continues without them
MAX_ATTEMPTS = 5  # to begin while others merge or split the Customer
MAX_PASSES = 20  # to finish while events that had found the Customer before arrive


class ErasureQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """Whom to erase, and why."""

    customer: Annotated[
        str,
        Meta(
            description="The Customer's id, or that of one who is merged with it.",
            extra_json_schema={"minLength": 1, "maxLength": MAX_ID_LENGTH},
        ),
    ]
    reason: Annotated[
        str | None,
        Meta(
            description="Why, for the audit trail, which stays: no personal data.",
            extra_json_schema={"maxLength": REASON_LENGTH},
        ),
    ] = None


class Erasure(Struct, frozen=True, rename="camel", omit_defaults=True):
    """What was erased, when, by whom, and why; all of it once there is a `finishedAt`."""

    erasure_id: Annotated[str, Meta(extra_json_schema={"pattern": "^ers_"})]
    customers: Annotated[
        list[str],
        Meta(description="The Customer who stood for all of them, then who was merged into it."),
    ]
    identifiers: Annotated[int, Meta(description="How many were deleted.")]
    touchpoints: Annotated[int, Meta(description="How many were deleted.")]
    redacted: Annotated[
        int, Meta(description="From how many events of others one of the keys was taken.")
    ]
    at: Annotated[str, Meta(description="Since when nobody finds them.")]
    by: Annotated[str, Meta(description="The id of the API key, or `cli` for the command line.")]
    reason: str | None = None
    finished_at: str | None = None


class ErasureService:
    """Erases people from the graph. What was begun is always finished: by this or by `watch`.

    An erasure begins with one transaction, after which nobody finds the Customer any more. The
    others, in which its Touchpoints go, can be interrupted, repeated, and run twice at once.
    """

    def __init__(
        self,
        graph: Graph,
        splits: SplitService,
        metrics: Metrics | None = None,
        *,
        batch: int = BATCH_ROWS,
        response_timeout: float = RESPONSE_TIMEOUT_SECONDS,
    ) -> None:
        self._graph = graph
        self._splits = splits
        self._batch = batch
        self._sweeper = ErasureSweeper(graph, batch)
        self._response_timeout = response_timeout
        self._worker = ErasureWorker(graph, self.finish, metrics or Metrics())

    async def erase(self, query: ErasureQuery, by: str) -> Erasure:
        """Erases a Customer with all who are merged with it. A repeat tells of the first time.

        Returns after some seconds, without `finished_at` where it goes on by itself.
        Raises InvalidPayload, CustomerNotFound, MergeConflict or Unavailable.
        """
        begun = await self.begin(query, by)
        if begun.finished_at:
            return begun
        task = self._worker.start(begun.customers[0])
        await asyncio.wait((task,), timeout=self._response_timeout)
        return task.result() if task.done() else await self._told(begun.customers[0])

    async def begin(self, query: ErasureQuery, by: str) -> Erasure:
        """Has a Customer found by nobody any more; the rest is left for `finish`.

        Raises InvalidPayload, CustomerNotFound, MergeConflict or Unavailable.
        """
        customer, reason = _checked(query)
        for _ in range(MAX_ATTEMPTS):
            survivors = await self._graph.read("survivors", customers=[customer])
            for row in survivors:
                await self._close(row["survivorId"], reason, by)
            if found := await self.find(customer):
                return found
            if not survivors:
                raise CustomerNotFound(f"there is no Customer {customer}")
        raise MergeConflict("the Customer is being merged or split by others; try again")

    async def find(self, customer: str) -> Erasure | None:
        """The erasure of a Customer, if it was erased. Raises Unavailable."""
        for row in await self._graph.read("erasure", customer=customer):
            return msgspec.convert(row | {"erasureId": row["id"]}, Erasure)
        return None

    async def finish(self, customer: str, report: Report = lambda _: None) -> Erasure:
        """Deletes all that is left of a Customer whose erasure was begun.

        Raises CustomerNotFound or Unavailable.
        """
        for _ in range(MAX_PASSES):
            await self._sweeper.run(customer, report)
            found = await self._told(customer)
            if found.finished_at:
                return found
        raise Unavailable("events of the Customer still arrive")

    async def watch(self, interval: float = WATCH_INTERVAL_SECONDS) -> None:
        """Resumes erasures that no process works on, every `interval` seconds, until cancelled."""
        await self._worker.watch(interval)

    async def _close(self, survivor: str, reason: str | None, by: str) -> None:
        # A split that was interrupted has left Touchpoints of one with another.
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
            limit=self._batch,
        )

    async def _told(self, customer: str) -> Erasure:
        if found := await self.find(customer):
            return found
        raise CustomerNotFound(f"no Customer {customer} was erased")


def _checked(query: ErasureQuery) -> tuple[str, str | None]:
    errors = FieldErrors()
    customer = errors.parse(query.customer, "customer", identifiers.opaque_id)
    reason = errors.parse(query.reason, "reason", _reason)
    errors.raise_any()
    if not customer:
        raise invalid([FieldError("customer", "is required")])
    return customer, reason


def _reason(text: str) -> str:
    if len(text) > REASON_LENGTH:
        raise ValueError(f"has more than {REASON_LENGTH} characters")
    return text
