"""The writer: rows in atomic groups, written to the graph by one statement."""

from collections.abc import Iterator

import msgspec
from msgspec import Struct

from app.domain.resolution import ResolutionLimits
from app.graph.graph import Graph
from app.graph.parameters import Rows
from app.ingest import stitching
from app.ingest.ordering import commit_order
from app.ingest.write_queue import AtomicGroup, Row
from app.observability.metrics import Metrics


class RowResult(Struct, frozen=True):
    """The result of a row. Without a Customer it was rejected, for a reason that is in the sets.

    `unknown` are the Customers of the commit that do not exist, `conflicts` the IDs of its events
    that were stored with another payload.
    """

    customer_id: str | None
    resolved: str | None
    is_replay: bool | None
    unknown: set[str]
    conflicts: set[str]


async def write(
    graph: Graph,
    limits: ResolutionLimits,
    groups: list[AtomicGroup],
    deadline: float,
    metrics: Metrics | None = None,
) -> list[RowResult]:
    """Writes atomic groups in one transaction, and returns the result of each row, in order.

    Groups with one ID for different payloads take a transaction each: only a committed event can
    reject another one with its ID. The deadline is a time of the event loop.
    """
    written: list[RowResult] = []
    for compatible in _without_clashes(groups):
        written += await _write_together(graph, limits, compatible, deadline, metrics)
    return written


def parameters(limits: ResolutionLimits, groups: list[AtomicGroup]) -> tuple[Row, list[int]]:
    """The parameters of the write for groups; and the order of the events, as positions."""
    events: list[Row] = []
    for number, group in enumerate(groups):
        for row in group.rows:
            row["group"] = number
            events.append(row)
    order = commit_order(row["identifiers"] or [row["customer"]] for row in events)
    batch = {
        "named": [
            {"group": row["group"], "customer": row["customer"]}
            for row in events
            if row["customer"]
        ],
        "claims": [
            {"group": row["group"], "id": row["id"], "digest": row["digest"]}
            for row in events
            if row["digest"]
        ],
        "events": Rows(events[position] for position in order),
    }
    return {"batch": batch, "limits": msgspec.to_builtins(limits)}, order


def statements(
    limits: ResolutionLimits, groups: list[AtomicGroup]
) -> tuple[list[stitching.Part], list[int], Row]:
    """The statements of the write for groups; the order of the events, as positions; and the
    parameters of the write without stitching.
    """
    values, order = parameters(limits, groups)
    if not any(map(stitching.is_candidate, values["batch"]["events"])):
        return [("ingest", values)], order, values
    sizes = {number: len(group.rows) for number, group in enumerate(groups)}
    parts, positions = stitching.statements(values, sizes)
    return parts, [order[position] for position in positions], values


def _without_clashes(groups: list[AtomicGroup]) -> Iterator[list[AtomicGroup]]:
    """The groups in their order, in runs in which an ID has one digest."""
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


async def _write_together(
    graph: Graph,
    limits: ResolutionLimits,
    groups: list[AtomicGroup],
    deadline: float,
    metrics: Metrics | None,
) -> list[RowResult]:
    parts, order, values = statements(limits, groups)
    if len(parts) > 1:
        rows = [row for (row,) in await graph.write_together(parts, deadline)]
    else:
        rows = await graph.write("ingest", deadline, **parts[0][1])
    # The driver's result has a reference cycle with the parameters: emptied, they leave no rows to
    # the garbage collector.
    for _, part in [*parts, ("ingest", values)]:
        part.get("batch", part).clear()
    return results(rows, order, metrics)


def results(rows: list[Row], order: list[int], metrics: Metrics | None = None) -> list[RowResult]:
    """The results of the events, which are in this order, from the rows of their statements."""
    rows = [row for row in rows if "outcomes" in row]
    if metrics and (identity_conflicts := sum(row["identityConflicts"] for row in rows)):
        metrics.count_conflicts(identity_conflicts)
    unknown = {customer for row in rows for customer in row["unknown"]}
    conflicts = {event_id for row in rows for event_id in row["idempotencyConflicts"]}
    outcomes = [outcome for row in rows for outcome in row["outcomes"]]
    by_position: dict[int, RowResult] = {
        position: RowResult(customer_id, resolved, is_replay, unknown, conflicts)
        for position, (customer_id, resolved, is_replay) in zip(order, outcomes, strict=True)
    }
    return [by_position[position] for position in range(len(order))]
