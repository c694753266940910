"""Events of requests: their fields, validation and normalisation."""

import re
from collections.abc import Container
from typing import Annotated, Any

from msgspec import Meta, Raw, Struct

from app.domain import idempotency, identity_fields, timestamps
from app.domain.identifiers import Identifier
from app.domain.validation import REQUIRED, FieldErrors
from app.errors import FieldError
from app.ingest import properties

MAX_NAME_LENGTH = 200

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")  # Unicode's category Cc

# In the dialect of JSON Schema: no control character, and at least one that is not blank.
_NAME = "^[^{0}]*[^\\s{0}][^{0}]*$".format(r"\u0000-\u001f\u007f-\u009f")

_Properties = Annotated[
    Raw,
    Meta(
        description=(
            f"Free-form, stored as the exact text. At most {properties.MAX_BYTES // 1024} KiB, "
            f"{properties.MAX_ENTRIES} entries including nested ones, and "
            f"{properties.MAX_DEPTH} levels."
        ),
        examples=[{"url": "/pricing"}],
        extra_json_schema={"type": ["object", "null"]},
    ),
]


class EventIngest(Struct, forbid_unknown_fields=True, rename="camel"):
    """An event as the contract defines it. A blank or null field counts as absent."""

    # The metadata of a type is documentation, and costs decoding no time.
    event: Annotated[
        str | None,
        Meta(
            description="Event name: a stable past-tense slug, without control characters.",
            examples=["page_viewed"],
            extra_json_schema={
                "type": "string",
                "minLength": 1,
                "maxLength": MAX_NAME_LENGTH,
                "pattern": _NAME,
            },
        ),
    ] = None
    customer: identity_fields.CustomerField = None
    email: identity_fields.EmailField = None
    phone: identity_fields.PhoneField = None
    external_id: identity_fields.ExternalIdField = None
    properties: _Properties = Raw()  # decoding it would lose digits and repeated names
    timestamp: Annotated[
        str | None,
        Meta(
            description="ISO 8601 with `Z` or `±HH:MM`. Default: now. Stored as sent.",
            examples=["2026-04-29T10:14:32Z"],
            extra_json_schema={"pattern": timestamps.PATTERN},
        ),
    ] = None
    idempotency_key: Annotated[
        str | None,
        Meta(
            description=(
                "Idempotency key of the event, in printable characters. Replaces the header: the "
                "same event with the same idempotency key is stored once, in any batch."
            ),
            extra_json_schema={"maxLength": idempotency.MAX_KEY_LENGTH},
        ),
    ] = None

    @property
    def anonymous_id(self) -> str | None:
        """None: the contract has no such field."""
        return None


class TrackedEvent(EventIngest):
    """An event of a tracking SDK, which may also carry the ID that the SDK made for a visitor."""

    anonymous_id: identity_fields.AnonymousIdField = (  # type: ignore[override] # a field, no property
        None
    )


class Event(Struct, frozen=True):
    """A normalised event: identifiers by falling weight, properties as JSON text.

    `ignored` are the blocked identifiers, `values` the properties that Neo4j can store. Without a
    `timestamp`, its time is the time of receipt.
    """

    event: str
    customer: str | None
    identifiers: list[Identifier]
    ignored: list[Identifier]
    timestamp: str | None
    instant: timestamps.Instant | None
    properties: str
    values: dict[str, Any]
    idempotency_key: str | None
    clock_skew: int | None = None  # of the device, in seconds, if its clock is off


def normalise(
    sent: EventIngest, blocklist: Container[Identifier], path: str = ""
) -> tuple[Event, list[FieldError]]:
    """Returns the normalised event and its field errors; the event is valid if there are none.

    `path` begins the paths of the event's fields, such as `events[3].`.
    """
    errors = FieldErrors(path)
    name = errors.parse(sent.event, "event", _name)
    customer, identifiers, ignored = identity_fields.parse_identity(sent, blocklist, errors)
    instant = errors.parse(sent.timestamp, "timestamp", timestamps.parse)
    idempotency_key = errors.parse(sent.idempotency_key, "idempotencyKey", idempotency.key)
    text, values = _properties(sent.properties, errors)
    if name is None and (not sent.event or sent.event.isspace()):
        errors.add("event", REQUIRED)
    if not (identifiers or customer or identity_fields.has_any_identifier(sent)):
        errors.add("", identity_fields.MISSING_IDENTIFIER)
    event = Event(
        name or "",
        customer,
        identifiers,
        ignored,
        sent.timestamp if instant else None,
        instant,
        text,
        values,
        idempotency_key,
    )
    return event, errors.items


def _name(text: str) -> str:
    if len(text) > MAX_NAME_LENGTH:
        raise ValueError(f"must have at most {MAX_NAME_LENGTH} characters")
    if _CONTROL.search(text):
        raise ValueError("must not contain control characters")
    return text


def _properties(raw: Raw, errors: FieldErrors) -> tuple[str, dict[str, Any]]:
    text = bytes(raw)
    if text in (b"", b"null"):
        return "{}", {}
    try:
        return properties.parse(text)
    except ValueError as error:
        errors.add("properties", str(error))
        return "{}", {}
