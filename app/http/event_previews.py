"""Previews of events: the results of a dry run, as responses contain them."""

from typing import Annotated, Any

from msgspec import UNSET, Meta, Struct, UnsetType

from app.customers.explanation import reader
from app.customers.explanation.outcomes import IdentifierExplanation
from app.domain.event_warnings import Warnings
from app.domain.resolution import Resolved
from app.errors import ServiceError
from app.http.responses import error_content
from app.ingest.dry_run import DryRun
from app.ingest.results import EventResult


class EventPreview(Struct, frozen=True, kw_only=True, rename="camel"):
    """The result that an event would have. Nothing is stored."""

    dry_run: Annotated[bool, Meta(extra_json_schema={"const": True})]
    resolved: Resolved
    customer_id: Annotated[
        str | UnsetType,
        Meta(description="The Customer. Absent if the event would create one."),
    ] = UNSET
    stored_event_id: Annotated[
        str | UnsetType,
        Meta(
            description="The stored event with the same idempotency key: the event would not be "
            "stored again. Absent if there is none."
        ),
    ] = UNSET
    keys: Annotated[
        list[IdentifierExplanation],
        Meta(description="The outcome of each identifier, highest priority first."),
    ]
    explanation: Annotated[
        str,
        Meta(
            description="The outcome in sentences, as after the write. A new Customer has an ID of "
            "this dry run alone, unless the event has an idempotency key."
        ),
    ]
    warnings: Warnings = UNSET


def content(dry_run: DryRun, *, is_batch: bool) -> Any:
    """Returns the body for the dry run of an event, or of a batch."""
    result = dry_run.result
    results = [
        error_content(item)
        if isinstance(item, ServiceError)
        else _preview(dry_run, item, is_replay=is_replay)
        for item, is_replay in zip(result.results, _replays(dry_run), strict=True)
    ]
    return {"accepted": result.accepted, "results": results} if is_batch else results[0]


def _replays(dry_run: DryRun) -> list[bool]:
    """Whether each event is stored already."""
    written = iter(dry_run.result.written)
    return [
        not isinstance(row, ServiceError) and bool(next(written).is_replay)
        for row in dry_run.result.rows
    ]


def _preview(dry_run: DryRun, item: EventResult, *, is_replay: bool) -> EventPreview:
    explanation = reader.explain(dry_run.explanations[item.event_id])
    return EventPreview(
        dry_run=True,
        resolved=item.resolved,
        customer_id=UNSET if item.resolved == "new" and not is_replay else item.customer_id,
        stored_event_id=item.event_id if is_replay else UNSET,
        keys=explanation.keys,
        explanation=explanation.explanation,
        warnings=item.warnings,
    )
