"""Ingest: resolves events to Customers and keeps them as Touchpoints."""

from collections import Counter
from collections.abc import Container, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from app.domain.blocklist import EventWarning, blocked_warning
from app.domain.identifiers import Identifier
from app.domain.resolution import ResolutionLimits, Resolved
from app.errors import FieldError, IdempotencyConflict, InvalidPayload, ServiceError
from app.graph.graph import Graph
from app.ingest.admission import Admission, Reservation
from app.ingest.fair_lock import FairLock
from app.ingest.group_commit import AtomicGroup, GroupCommit, Row
from app.ingest.ordering import commit_order
from app.ingest.payload import combine_errors
from app.ingest.rows import IngestRequest, build_rows
from app.observability.metrics import Metrics
from app.observability.tracing import Tracing

LARGE = 8 * 1024  # bytes of a request, whose events take the event loop milliseconds


class EventResult(Struct, frozen=True, rename="camel"):
    """What became of an event: its Touchpoint, its Customer, and the identifier that matched."""

    event_id: Annotated[str, Meta(extra_json_schema={"pattern": "^evt_"})]
    customer_id: str
    resolved: Resolved
    warnings: Annotated[
        list[EventWarning] | UnsetType,
        Meta(
            description="The keys that were ignored, where there are any.",
            extra_json_schema={"minItems": 1},
        ),
    ] = UNSET


class IngestResult(Struct, frozen=True):
    """What became of a request's events, in order; and whether all of it was there before."""

    results: list[EventResult | ServiceError]
    is_replay: bool

    @property
    def accepted(self) -> int:
        """How many events are kept."""
        return sum(isinstance(result, EventResult) for result in self.results)


class RowResult(Struct, frozen=True):
    """What came of a row; without a Customer it was refused, and the sets tell for what."""

    customer_id: str | None
    resolved: str | None
    is_replay: bool | None
    unknown: set[str]
    conflicts: set[str]


class Ingest:
    """Stores requests in the graph. A blocked identifier is ignored."""

    def __init__(
        self,
        commits: GroupCommit,
        blocklist: Container[Identifier],
        metrics: Metrics | None = None,
        tracing: Tracing | None = None,
    ) -> None:
        self._commits = commits
        self._blocklist = blocklist
        self._metrics = metrics or Metrics()
        self._normalising = FairLock()
        self._admission = Admission(commits.rate, commits.deadline, self._metrics)
        self._tracing = tracing or Tracing()

    def admit(self, producer: str, size: int) -> AbstractContextManager[Reservation]:
        """Holds the place of a request of a producer, of `size` bytes, until its end.

        Raises Overloaded at once where it would wait too long.
        """
        return self._admission.admit(producer, size)

    async def submit(self, request: IngestRequest) -> IngestResult:
        """What became of the request's events, once all that is kept of them is committed.

        Raises InvalidPayload or IdempotencyConflict, and has written nothing; or Unavailable,
        when the request may be sent again.
        """
        events = len(request.payload.sent)
        try:
            with self._tracing.write(events):
                return await self._keep(request)
        except Exception as error:
            self._metrics.count_events({(_code(error), ""): events})
            raise

    async def _keep(self, request: IngestRequest) -> IngestResult:
        found = await self._rows(request)
        _refuse(request, found)
        written = await self._write(request, found)
        outcomes = iter(written)
        results = [
            row
            if isinstance(row, ServiceError)
            else _result(request, position, row, next(outcomes))
            for position, row in enumerate(found)
        ]
        _refuse(request, results)
        self._metrics.count_events(_tally(written, results))
        kept = [outcome.is_replay for outcome in written if outcome.customer_id]
        return IngestResult(results, bool(kept) and all(kept))

    async def _rows(self, request: IngestRequest) -> list[Row | ServiceError]:
        size = request.payload.size
        if size < LARGE:
            return build_rows(request, self._blocklist)
        async with self._normalising.held(request.producer, size):
            return build_rows(request, self._blocklist)

    async def _write(
        self, request: IngestRequest, found: list[Row | ServiceError]
    ) -> list[RowResult]:
        good = [row for row in found if not isinstance(row, ServiceError)]
        if not good:
            return []
        groups = [AtomicGroup([row]) for row in good] if request.is_lenient else [AtomicGroup(good)]
        return await self._commits.submit(groups, request.payload.size, request.producer)


async def write(
    graph: Graph,
    limits: ResolutionLimits,
    groups: list[AtomicGroup],
    deadline: float,
    metrics: Metrics | None = None,
) -> list[RowResult]:
    """Writes atomic groups in one transaction, and tells what came of each row, in order.

    Groups that give one id to different payloads take a transaction each: the second one is
    refused, and only what is committed can refuse it. The deadline is a time of the event loop.
    """
    outcomes: list[RowResult] = []
    for together in _without_clashes(groups):
        outcomes += await _write_together(graph, limits, together, deadline, metrics)
    return outcomes


def _without_clashes(groups: list[AtomicGroup]) -> Iterator[list[AtomicGroup]]:
    """The groups in their order, in runs in which an id has one digest."""
    run: list[AtomicGroup] = []
    digests: dict[str, str] = {}
    for group in groups:
        own = [(row["id"], row["digest"]) for row in group.rows if row["digest"]]
        if any(digests.get(event_id, digest) != digest for event_id, digest in own):
            yield run
            run, digests = [], {}
        digests.update(own)
        run.append(group)
    yield run


def parameters(limits: ResolutionLimits, groups: list[AtomicGroup]) -> tuple[Row, list[int]]:
    """The parameters of the write for groups; and the order of the events, as positions."""
    events: list[Row] = []
    for number, group in enumerate(groups):
        for row in group.rows:
            row["unit"] = number
            events.append(row)
    order = commit_order(row["identifiers"] or [row["customer"]] for row in events)
    batch = {
        "named": [
            {"unit": row["unit"], "customer": row["customer"]} for row in events if row["customer"]
        ],
        "claims": [
            {"unit": row["unit"], "id": row["id"], "digest": row["digest"]}
            for row in events
            if row["digest"]
        ],
        "events": [events[position] for position in order],
    }
    return {"batch": batch, "rules": msgspec.to_builtins(limits)}, order


async def _write_together(
    graph: Graph,
    limits: ResolutionLimits,
    groups: list[AtomicGroup],
    deadline: float,
    metrics: Metrics | None,
) -> list[RowResult]:
    values, order = parameters(limits, groups)
    (result,) = await graph.write("ingest", deadline, **values)
    if metrics and result["disputes"]:
        metrics.count_conflicts(result["disputes"])
    unknown, conflicts = set(result["unknown"]), set(result["conflicts"])
    outcomes: dict[int, RowResult] = {
        position: RowResult(customer_id, resolved, is_replay, unknown, conflicts)
        for position, (customer_id, resolved, is_replay) in zip(
            order, result["outcomes"], strict=True
        )
    }
    return [outcomes[position] for position in range(len(order))]


def _result(
    request: IngestRequest, position: int, row: Row, outcome: RowResult
) -> EventResult | ServiceError:
    if outcome.customer_id and outcome.resolved:
        warnings = _warnings(request, position, row)
        return EventResult(row["id"], outcome.customer_id, outcome.resolved, warnings)
    if row["id"] in outcome.conflicts:
        return request.conflict(position)
    if row["customer"] in outcome.unknown:
        path = f"{request.payload.path(position)}customer"
        return combine_errors([InvalidPayload("", [FieldError(path, "does not exist")])])
    return _Withdrawn("another event of the request was refused")


def _warnings(request: IngestRequest, position: int, row: Row) -> list[EventWarning] | UnsetType:
    ignored = row["values"].get("ignored")
    path = request.payload.path(position)
    return [blocked_warning(identifier, path) for identifier in ignored] if ignored else UNSET


def _tally(
    written: list[RowResult], results: list[EventResult | ServiceError]
) -> Counter[tuple[str, str]]:
    """How many events there are of each outcome and what resolved them."""
    tally = Counter(
        ("replayed" if each.is_replay else "stored", each.resolved)
        for each in written
        if each.resolved
    )
    if tally.total() < len(results):
        tally.update((_code(each), "") for each in results if isinstance(each, ServiceError))
    return tally


def _code(error: Exception) -> str:
    return error.code if isinstance(error, ServiceError) else ServiceError.code


def _refuse(request: IngestRequest, outcomes: Sequence[object]) -> None:
    """Raises what keeps the whole request out, if anything does."""
    invalid = [
        each
        for each in outcomes
        if isinstance(each, InvalidPayload) and not isinstance(each, _Withdrawn)
    ]
    if invalid and not request.is_lenient:
        raise combine_errors(invalid)
    for position, each in enumerate(outcomes):
        # The header speaks for the request, lenient or not.
        if isinstance(each, IdempotencyConflict) and (
            not request.is_lenient or request.uses_header(position)
        ):
            raise each


class _Withdrawn(InvalidPayload):
    """An event that is right, of a request that another event keeps out."""
