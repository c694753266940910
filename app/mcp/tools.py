"""The tools: their names, descriptions, scopes and schemas."""

from typing import Annotated, Any

from msgspec import Meta, Struct

from app.access.api_keys import CONTEXT_READ, EVENTS_WRITE
from app.customers.context import Context, ContextQuery
from app.customers.explanation.reader import Explanation, ExplanationQuery
from app.customers.timeline import Timeline, TimelineQuery
from app.http.openapi.schemas import Event, described
from app.http.responses import ErrorBody
from app.ingest.payload import MAX_BATCH_EVENTS
from app.ingest.results import EventResult

_REF_TEMPLATE = "#/$defs/{name}"


class BatchOptions(Struct, forbid_unknown_fields=True, rename="camel"):
    """How a batch is kept."""

    idempotency_key: Annotated[
        str | None,
        Meta(description="Names the batch, so that sending it again stores nothing twice."),
    ] = None
    lenient: Annotated[
        bool, Meta(description="Keep the good events although others of the batch are refused.")
    ] = False


class EventBatch(BatchOptions, kw_only=True):
    """Events, in the order in which they are resolved."""

    events: Annotated[
        list[Event],  # pyright: ignore[reportInvalidTypeForm] - msgspec makes it
        Meta(min_length=1, max_length=MAX_BATCH_EVENTS, description="The events."),
    ]


class Tool(Struct, frozen=True):
    """A tool as agents see it, and the scope that it requires."""

    name: str
    title: str
    description: str
    scope: str
    is_read_only: bool
    input_schema: dict[str, Any]
    output_schema: dict[str, Any]


def schema(struct: type[Struct]) -> dict[str, Any]:
    """The JSON Schema of a type, with an object at its root, as MCP requires."""
    _, components = described([struct], _REF_TEMPLATE)
    root = components.pop(struct.__name__)
    return root | ({"$defs": components} if components else {})


def _batch_result_schema() -> dict[str, Any]:
    refs, components = described([EventResult, ErrorBody], _REF_TEMPLATE)
    results = {"type": "array", "items": {"anyOf": list(refs)}}
    return {
        "type": "object",
        "properties": {"accepted": {"type": "integer"}, "results": results},
        "required": ["accepted", "results"],
        "$defs": components,
    }


_RETRY = (
    "On the code rate_limited, unavailable or internal, or without any answer, wait and call it "
    "again with the same arguments; with an idempotencyKey that stores nothing twice, without one "
    "it may. Any other error needs other arguments: details names each fault by its path."
)
_READ = (
    "Changes nothing. The API key needs the scope context:read. unknown_customer means that "
    "nobody is known by what was asked; rate_limited and unavailable mean to wait and ask again."
)

TOOLS = {
    tool.name: tool
    for tool in (
        Tool(
            "ingest_event",
            "Record an event",
            "Records one marketing event (an email sent, a call placed, a page viewed) in the "
            "timeline of the Customer whom it names. One of customer, email, phone and externalId "
            "must be there; the heaviest key that is known decides, and where none is known a "
            "Customer is made: resolved tells which it was. A key that is blocked, such as null or "
            "noreply@…, is ignored, and warnings names it. The event is stored when this "
            f"answers, and nothing of it is where it fails. {_RETRY} The API key needs the scope "
            "events:write, and has so many events a minute.",
            EVENTS_WRITE,
            False,
            schema(Event),
            schema(EventResult),
        ),
        Tool(
            "ingest_events",
            "Record a batch of events",
            f"Records up to {MAX_BATCH_EVENTS} events, in 5 MiB, as ingest_event does each. All of "
            "them are stored or, where one is refused, none. With lenient the good ones are "
            "stored: results then has an error in the place of each bad one, and accepted counts "
            f"the others. {_RETRY} The API key needs the scope events:write; each event counts for "
            "its rate limit.",
            EVENTS_WRITE,
            False,
            schema(EventBatch),
            _batch_result_schema(),
        ),
        Tool(
            "get_context",
            "Look up a Customer",
            "Tells what is known of a Customer, by any of its keys: its id, identifiers, how many "
            "events of each name, who may be the same person, and the latest events. A key that is "
            f"blocked is ignored. With maxBytes the answer keeps to a size. {_READ}",
            CONTEXT_READ,
            True,
            schema(ContextQuery),
            schema(Context),
        ),
        Tool(
            "get_timeline",
            "Read a Customer's timeline",
            "Gives a page of a Customer's events, the newest first. A nextCursor means that there "
            "may be more: call it again with that as the cursor, and the other arguments as they "
            f"were. {_READ}",
            CONTEXT_READ,
            True,
            schema(TimelineQuery),
            schema(Timeline),
        ),
        Tool(
            "explain_event",
            "Explain why an event is with its Customer",
            "Gives an event as it is kept, by the eventId that recording or reading it gave, and "
            "why it is with its Customer: explanation says it in words; keys has what became of "
            "each key that the event carried (which one decided, which ones identified somebody "
            "else and were overruled, which were attached or not used); changes has the merges "
            "since. Changes nothing. The API key needs the scope context:read. unknown_event means "
            "that there is no such event; rate_limited and unavailable mean to wait and ask again.",
            CONTEXT_READ,
            True,
            schema(ExplanationQuery),
            schema(Explanation),
        ),
    )
}
