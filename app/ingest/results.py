"""The results of the events of a request, and the errors that reject the whole request."""

from collections.abc import Mapping, Sequence
from typing import Annotated

from msgspec import UNSET, Meta, Struct

from app.domain.blocklist import blocked_warning
from app.domain.event_warnings import Warnings
from app.domain.resolution import Resolved
from app.domain.suppression_errors import Suppressed
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
    warnings: Warnings = UNSET


class IngestResult(Struct, frozen=True):
    """The results of the events of a request, in order, and whether all were stored before.

    `outcomes` are the numbers of events by outcome and by the identifier that matched, "" for
    rejected events. `rows` are the events as written, or their errors. `written` has a result of
    each row.
    """

    results: list[EventResult | ServiceError]
    is_replay: bool
    accepted: int  # the number of stored events
    outcomes: Mapping[tuple[str, str], int] = {}
    rows: Sequence[Row | ServiceError] = ()
    written: Sequence[RowResult] = ()


def ingest_result(
    request: IngestRequest, rows: list[Row | ServiceError], written: list[RowResult]
) -> IngestResult:
    """Returns the result of a request, after the valid ones of its `rows` were written.

    Raises InvalidPayload, Suppressed or IdempotencyConflict if the whole request is rejected.
    """
    row_results = iter(written)
    results = [
        row if isinstance(row, ServiceError) else _result(request, position, row, next(row_results))
        for position, row in enumerate(rows)
    ]
    replays = [result.is_replay for result in written if result.customer_id]
    is_replay, accepted = bool(replays) and all(replays), len(replays)
    if accepted < len(results):
        raise_for_request(request, results)
    outcomes = _outcomes(written, results, accepted)
    return IngestResult(results, is_replay, accepted, outcomes, rows, written)


def raise_for_request(request: IngestRequest, results: Sequence[object]) -> None:
    """Raises the error among the results that rejects the whole request, if there is one."""
    errors = {
        position: result
        for position, result in enumerate(results)
        if isinstance(result, ServiceError)
    }
    invalid = [
        error
        for error in errors.values()
        if isinstance(error, InvalidPayload) and not isinstance(error, WithdrawnEvent)
    ]
    if invalid and not request.is_lenient:
        raise payload.combine_errors(invalid)
    suppressed = [error for error in errors.values() if isinstance(error, Suppressed)]
    if suppressed and not request.is_lenient:
        raise Suppressed(details=[detail for error in suppressed for detail in error.details])
    for position, result in errors.items():
        # The idempotency key in the header applies to the whole request, lenient or not.
        if isinstance(result, IdempotencyConflict) and (
            not request.is_lenient or request.uses_header(position)
        ):
            raise result


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


def _outcomes(
    written: list[RowResult], results: list[EventResult | ServiceError], accepted: int
) -> dict[tuple[str, str], int]:
    counts: dict[tuple[str, str], int] = {}  # a Counter costs more for one event
    for row_result in written:
        if resolved := row_result.resolved:
            outcome = ("replayed" if row_result.is_replay else "stored", resolved)
            counts[outcome] = counts.get(outcome, 0) + 1
    if accepted < len(results):
        for result in results:
            if isinstance(result, ServiceError):
                outcome = (code(result), "")
                counts[outcome] = counts.get(outcome, 0) + 1
    return counts


def _warnings(request: IngestRequest, position: int, row: Row) -> Warnings:
    warnings = request.payload.warnings(position)
    if "ignored" not in row:
        return [*warnings] if warnings else UNSET
    path = request.payload.path(position)
    return [*warnings, *(blocked_warning(identifier, path) for identifier in row["ignored"])]


class WithdrawnEvent(InvalidPayload):
    """A valid event of an atomic batch that was rejected because of another event."""

    text = "Another event of the batch was rejected."
