"""The ingest route: stores one event or a batch."""

from typing import Annotated

from msgspec import Meta, Struct
from starlette.responses import Response

from app import errors
from app.access.api_keys import EVENTS_WRITE
from app.domain import timestamps
from app.domain.suppression_errors import Suppressed
from app.errors import FieldError
from app.http import event_previews, headers
from app.http.body import read_json
from app.http.endpoints import Call, Example, Handler, Operation
from app.http.event_previews import EventPreview
from app.http.observation import observe, observed_request
from app.http.openapi import schemas
from app.http.responses import batch_content, json_response
from app.ingest import payload
from app.ingest.dry_run import DryRunner
from app.ingest.observer import Sender
from app.ingest.results import EventResult
from app.ingest.rows import IngestRequest
from app.ingest.service import Ingest

SINGLE = {
    "event": "page_viewed",
    "email": "jane@acme.com",
    "properties": {"url": "/pricing", "referrer": "https://google.com"},
    "timestamp": "2026-04-29T10:14:32Z",
}
BATCH = {
    "events": [
        {
            "event": "email_opened",
            "email": "jane@acme.com",
            "properties": {"campaign_id": "camp_42"},
        },
        {"event": "link_clicked", "email": "jane@acme.com", "properties": {"url": "/book-demo"}},
    ]
}
FIRST = {"eventId": "evt_91ab2c", "customerId": "cus_8af2", "resolved": "email"}
RECEIPT = {"accepted": 2, "results": [FIRST, FIRST | {"eventId": "evt_91ab2d"}]}
UNNAMED = {"event": "form_sent", "email": "jane@acme.com", "externalId": "undefined"}
WARNED = FIRST | {
    "warnings": [
        {
            "path": "externalId",
            "code": "blocked_key",
            "message": "undefined is a blocked value and was ignored",
        }
    ]
}


class IngestQuery(Struct, frozen=True, rename="camel"):
    """Whether to store the events."""

    dry_run: Annotated[
        bool,
        Meta(description="If true, returns the results that the events would have: a dry run."),
    ] = False


_UNKNOWN_SENDER = Sender("http")


class EventRoutes:
    """The route that stores events."""

    def __init__(self, ingest: Ingest, dry_runs: DryRunner) -> None:
        self._ingest = ingest
        self._dry_runs = dry_runs

    def _observe(self, handler: Handler) -> Handler:
        return observe(self._ingest, handler, _UNKNOWN_SENDER)

    @Operation(
        method="POST",
        path="/v1/events",
        id="ingestEvents",
        tag="Events",
        summary="Ingest one event or a batch",
        description=(
            "Resolves each event to a Customer by `email`, then `phone`, then `externalId`, and "
            "stores it as a Touchpoint. If no identifier matches, creates a Customer. A request "
            "is atomic, and its events are durably stored when it returns 200. With "
            "`Prefer: handling=lenient`, each event of a batch is stored or rejected by itself. "
            "A blocked value, such as `null` or `noreply@…`, is ignored and listed in `warnings`. "
            "A suppressed identifier rejects the events that carry it, and those that name its "
            "Customer by `customer`, as `suppressed`. "
            "A retry with the same idempotency key stores nothing and returns the first response. "
            "After a split, its `customerId` is the Customer that has the Touchpoint now. A dry "
            "run returns previews, and stores nothing. Limits: 500 events and 5 MiB a request; "
            "each event counts against the rate limit."
        ),
        scope=EVENTS_WRITE,
        cost="events",
        query=IngestQuery,
        body=(schemas.Event, schemas.EventBatch),
        request_headers=("Idempotency-Key", "Prefer"),
        response=(EventResult, schemas.BatchReceipt, EventPreview),
        returns=(
            "For one event: its Touchpoint, its Customer, and the identifier that matched. For a "
            "batch: the result of each event in order, or its error if the request is lenient. In "
            "a dry run, a preview is in the place of a result."
        ),
        response_headers=("Idempotency-Replayed", "Preference-Applied"),
        errors=(errors.IdempotencyConflict, Suppressed),
        error_examples=(payload.request_error([FieldError("timestamp", timestamps.FORM)]),),
        examples={
            "single": Example(FIRST, request=SINGLE),
            "batch": Example(RECEIPT, request=BATCH),
            "blocked value": Example(WARNED, request=UNNAMED),
        },
        around=_observe,
    )
    async def ingest(self, call: Call[IngestQuery]) -> Response:
        """Stores one event or a batch, and responds once it is committed."""
        producer = call.api_key.producer
        observed = observed_request(call.request)
        is_dry_run = observed.is_dry_run = call.payload.dry_run
        observed.sender = Sender("http", call.api_key.id, call.api_key.name)
        idempotency_key = headers.idempotency_key(call.request)
        body = observed.raw = await read_json(call.request)
        with self._ingest.admit(producer, len(body)) as reservation:
            events = observed.payload = payload.decode(body)
            reservation.settle(len(events.sent))
            await call.consume(len(events.sent))
            is_lenient = events.is_batch and headers.prefers(call.request, "handling", "lenient")
            request = IngestRequest(events, producer, idempotency_key, is_lenient)
            if is_dry_run:
                dry_run = await self._dry_runs.run(request)
                return json_response(event_previews.content(dry_run, is_batch=events.is_batch))
            result = observed.result = await self._ingest.submit(request)
        extra_headers = {"Idempotency-Replayed": "true"} if result.is_replay else {}
        if is_lenient:
            extra_headers["Preference-Applied"] = "handling=lenient"
        content = batch_content(result) if events.is_batch else result.results[0]
        return json_response(content, 200, extra_headers)
