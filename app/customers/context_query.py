"""The query for a context: the Customer to find, the facts to return, and their size."""

from collections.abc import Container
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from app.customers.touchpoints import AsOf
from app.domain import identity_fields, timestamps
from app.domain.identifiers import Identifier
from app.domain.validation import FieldErrors

MAX_TOUCHPOINTS = 200
MIN_RESPONSE_BYTES = 2048
BYTES_PER_TOKEN = 3  # of IDs, times and JSON; of prose there are more
MIN_RESPONSE_TOKENS = -(-MIN_RESPONSE_BYTES // BYTES_PER_TOKEN)

_Time = Annotated[str | None, Meta(extra_json_schema={"pattern": timestamps.PATTERN})]


class ContextQuery(Struct, forbid_unknown_fields=True, rename="camel"):
    """The Customer to find, the facts to return, and the size of the response.

    If `customer` is absent, the first of email, phone, externalId and anonymousId that matches is
    used. A blank or null field counts as absent.
    """

    customer: identity_fields.CustomerField = None
    email: identity_fields.EmailField = None
    phone: identity_fields.PhoneField = None
    external_id: identity_fields.ExternalIdField = None
    anonymous_id: identity_fields.AnonymousIdField = None
    limit: Annotated[
        int,
        Meta(
            ge=0,
            le=MAX_TOUCHPOINTS,
            description=f"Number of latest Touchpoints, 0 to {MAX_TOUCHPOINTS}; 20 by default.",
        ),
    ] = 20
    as_of: AsOf = None
    max_bytes: Annotated[
        Annotated[int, Meta(ge=MIN_RESPONSE_BYTES)] | None,
        Meta(
            description="Maximum size of the response, or of `text`, in bytes; `omitted` counts "
            "the rest."
        ),
    ] = None
    max_tokens: Annotated[
        Annotated[int, Meta(ge=MIN_RESPONSE_TOKENS)] | None,
        Meta(
            description="The same in tokens of a language model, approximated: a token counts as "
            f"{BYTES_PER_TOKEN} bytes."
        ),
    ] = None
    format: Annotated[
        Literal["json", "text"],
        Meta(
            description="`text` returns one text for a prompt, with each fact in a line.",
            extra_json_schema={"type": "string"},
        ),
    ] = "json"
    event: Annotated[str | None, Meta(description="Only events with this name.")] = None
    from_: Annotated[
        _Time, Meta(description="Only events that occurred at this time or later.")
    ] = msgspec.field(default=None, name="from")
    to: Annotated[_Time, Meta(description="Only events that occurred before this time.")] = None
    since: Annotated[
        _Time,
        Meta(
            description="Only new facts: events received after this time, and identifiers, merges "
            "and identity conflicts that changed after it."
        ),
    ] = None

    @property
    def max_size(self) -> int | None:
        """The maximum size in bytes, of `max_bytes` and `max_tokens`; None without both."""
        tokens = self.max_tokens and self.max_tokens * BYTES_PER_TOKEN
        return min((size for size in (self.max_bytes, tokens) if size), default=None)


class ParsedQuery(Struct, frozen=True):
    """The parameters of the statement that reads a context, and the identifiers among them."""

    parameters: dict[str, Any]
    identifiers: list[Identifier]

    @property
    def since(self) -> timestamps.Instant | None:
        """The time after which facts are new."""
        return self.parameters["since"]


def parse(query: ContextQuery, blocklist: Container[Identifier]) -> ParsedQuery:
    """Returns the parameters of a query, without blocked identifiers. Raises InvalidPayload."""
    errors = FieldErrors()
    customer, identifiers, _ = identity_fields.parse_identity(query, blocklist, errors)
    times = {
        name: errors.parse(text, name, timestamps.parse)
        for name, text in (
            ("asOf", query.as_of),
            ("from", query.from_),
            ("to", query.to),
            ("since", query.since),
        )
    }
    if not identity_fields.has_any_identifier(query):
        errors.add("", identity_fields.MISSING_ANY_IDENTIFIER)
    errors.raise_any()
    keys = [{"kind": item.kind, "value": item.value} for item in identifiers]
    event = query.event if query.event and not query.event.isspace() else None
    parameters = {"customer": customer, "keys": keys, "event": event, "limit": query.limit}
    return ParsedQuery(parameters | times, identifiers)
