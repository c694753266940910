"""The results of the events of a request, and the errors that reject the whole request."""

from collections import Counter
from collections.abc import Sequence
from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

from app.domain.blocklist import blocked_warning
from app.domain.event_warnings import EventWarning
from app.domain.resolution import Resolved
from app.errors import FieldError, IdempotencyConflict, InvalidPayload, ServiceError
from app.ingest import payload
from app.ingest.rows import IngestRequest
from app.ingest.write_queue import Row
from app.ingest.writer import RowResult

UNKNOWN_CUSTOMER = "must be the ID of an existing Customer"


class EventResult(Struct, frozen=True, rename="camel"):
    """A stored event: its Touchpoint, its Customer, and the identifier that matched."""

    event_id: Annotated[str, Meta(extra_json_schema={"pattern": "^evt_"})]
    customer_id: str
    resolved: Resolved
    warnings: Annotated[
        list[EventWarning] | UnsetType,
        Meta(
            description="Ignored identifiers. Absent if there are none.",
            extra_json_schema={"minItems": 1},
        ),
    ] = UNSET


class IngestResult(Struct, frozen=True):
    """The results of the events of a request, in order, and whether all were stored before.

    `rows` are the events as written, or their errors. `written` has a result of each row.
    """

    results: list[EventResult | ServiceError]
    is_replay: bool
    rows: Sequence[Row | ServiceError] = ()
    written: Sequence[RowResult] = ()

    @property
    def accepted(self) -> int:
        """The number of stored events."""
        return sum(isinstance(result, EventResult) for result in self.results)


def ingest_result(
    request: IngestRequest, rows: list[Row | ServiceError], written: list[RowResult]
) -> IngestResult:
    """Returns the result of a request, after the valid ones of its `rows` were written.

    Raises InvalidPayload or IdempotencyConflict if the whole request is rejected.
    """
    row_results = iter(written)
    results = [
        row if isinstance(row, ServiceError) else _result(request, position, row, next(row_results))
        for position, row in enumerate(rows)
    ]
    raise_for_request(request, results)
    replays = [result.is_replay for result in written if result.customer_id]
    return IngestResult(results, bool(replays) and all(replays), rows, written)


def raise_for_request(request: IngestRequest, results: Sequence[object]) -> None:
    """Raises the error among the results that rejects the whole request, if there is one."""
    invalid = [
        result
        for result in results
        if isinstance(result, InvalidPayload) and not isinstance(result, WithdrawnEvent)
    ]
    if invalid and not request.is_lenient:
        raise payload.combine_errors(invalid)
    for position, result in enumerate(results):
        # The idempotency key in the header applies to the whole request, lenient or not.
        if isinstance(result, IdempotencyConflict) and (
            not request.is_lenient or request.uses_header(position)
        ):
            raise result


def tally(
    written: list[RowResult], results: list[EventResult | ServiceError]
) -> Counter[tuple[str, str]]:
    """Returns the number of events by outcome and by the field that matched."""
    counts = Counter(
        ("replayed" if row_result.is_replay else "stored", row_result.resolved)
        for row_result in written
        if row_result.resolved
    )
    if counts.total() < len(results):
        counts.update((code(result), "") for result in results if isinstance(result, ServiceError))
    return counts


def code(error: Exception) -> str:
    """Returns the code of an error: `internal` if it is not a ServiceError."""
    return error.code if isinstance(error, ServiceError) else ServiceError.code


def _result(
    request: IngestRequest, position: int, row: Row, row_result: RowResult
) -> EventResult | ServiceError:
    if row_result.customer_id and row_result.resolved:
        warnings = _warnings(request, position, row)
        return EventResult(row["id"], row_result.customer_id, row_result.resolved, warnings)
    if row["id"] in row_result.conflicts:
        return request.conflict(position)
    if row["customer"] in row_result.unknown:
        path = f"{request.payload.path(position)}customer"
        return payload.event_error([FieldError(path, UNKNOWN_CUSTOMER)])
    return WithdrawnEvent()


def _warnings(request: IngestRequest, position: int, row: Row) -> list[EventWarning] | UnsetType:
    warnings = request.payload.warnings(position)
    if "ignored" not in row:
        return [*warnings] if warnings else UNSET
    path = request.payload.path(position)
    return [*warnings, *(blocked_warning(identifier, path) for identifier in row["ignored"])]


class WithdrawnEvent(InvalidPayload):
    """A valid event of an atomic batch that was rejected because of another event."""

    text = "Another event of the batch was rejected."
