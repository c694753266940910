"""The arguments of the tools that record events."""

from typing import Annotated

from msgspec import Meta, Struct

from app.http.openapi.schemas import Event
from app.ingest.payload import MAX_BATCH_EVENTS

_DryRun = Annotated[
    bool,
    Meta(
        description="If true, returns the Customer and the outcome of each identifier, and stores "
        "nothing."
    ),
]


class EventOptions(Struct, rename="camel"):
    """Whether to store the event."""

    dry_run: _DryRun = False


class BatchOptions(Struct, forbid_unknown_fields=True, rename="camel"):
    """The idempotency key of a batch, and whether the batch is atomic."""

    idempotency_key: Annotated[
        str | None,
        Meta(
            description="The batch's idempotency key, 1 to 255 printable characters: an identical "
            "retry stores no event twice. An event's own `idempotencyKey` takes precedence."
        ),
    ] = None
    lenient: Annotated[
        bool,
        Meta(
            description="If true, stores the valid events although others are invalid. If false, "
            "the batch is atomic."
        ),
    ] = False
    dry_run: _DryRun = False


class EventBatch(BatchOptions, kw_only=True):
    """Events in the order in which the service resolves them, and the options of the batch."""

    events: Annotated[
        list[Event],  # pyright: ignore[reportInvalidTypeForm] - msgspec makes it
        Meta(
            min_length=1,
            max_length=MAX_BATCH_EVENTS,
            description="The events, in the order in which the service resolves them.",
        ),
    ]
