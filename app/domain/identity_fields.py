"""The fields that identify a Customer in a request, and their values."""

from collections.abc import Container
from typing import Annotated, Protocol

from msgspec import Meta

from app.domain.identifiers import (
    MAX_EMAIL_LENGTH,
    MAX_ID_LENGTH,
    PARSERS,
    Identifier,
    anonymous_id,
    email,
    external_id,
    opaque_id,
    phone,
)
from app.domain.validation import FieldErrors

MISSING_IDENTIFIER = "must have one of customer, email, phone, externalId"
MISSING_ANY_IDENTIFIER = f"{MISSING_IDENTIFIER}, anonymousId"
IDENTIFIER_FORM = (
    f"must be kind:value, such as email:jane@acme.com, with the kind {', '.join(PARSERS)}"
)

CustomerField = Annotated[
    str | None,
    Meta(
        description="ID of an existing Customer. If present, identifiers are not matched.",
        extra_json_schema={"maxLength": MAX_ID_LENGTH},
    ),
]
EmailField = Annotated[
    str | None,
    Meta(
        description="Weight 1.0. Compared in NFC and lower case, with an IDNA-encoded domain.",
        examples=["jane@acme.com"],
        extra_json_schema={"maxLength": MAX_EMAIL_LENGTH},
    ),
]
PhoneField = Annotated[
    str | None,
    Meta(
        description="Weight 0.9. Compared as E.164. Ten bare digits are a US number. No extension.",
        examples=["+14155552671"],
    ),
]
ExternalIdField = Annotated[
    str | None,
    Meta(
        description="Weight 0.8. Your stable customer ID in another system. In NFC, trimmed.",
        examples=["crm-42"],
        extra_json_schema={"maxLength": MAX_ID_LENGTH},
    ),
]
AnonymousIdField = Annotated[
    str | None,
    Meta(
        description="Weight 0.5. ID that an SDK made for a visitor. In NFC, trimmed.",
        examples=["507f191e-810c-4197-29de-860ea00c9a1e"],
        extra_json_schema={"maxLength": MAX_ID_LENGTH},
    ),
]


class IdentifierFields(Protocol):
    """An object with a field for each kind of identifier."""

    email: str | None
    phone: str | None
    external_id: str | None

    @property
    def anonymous_id(self) -> str | None:
        """None if the object cannot have one, as in `POST /v1/events`."""
        ...


class IdentityFields(IdentifierFields, Protocol):
    """An object with the fields that identify a Customer."""

    customer: str | None


def parse_identity(
    fields: IdentityFields, blocklist: Container[Identifier], errors: FieldErrors
) -> tuple[str | None, list[Identifier], list[Identifier]]:
    """Returns the Customer, the identifiers by falling weight, and the ignored, blocked ones.

    Adds to `errors` each field that cannot be parsed, and each blocked one if no other is left.
    """
    before = len(errors.items)
    customer = errors.parse(fields.customer, "customer", opaque_id)
    identifiers = parse_identifiers(fields, errors)
    ignored = [identifier for identifier in identifiers if identifier in blocklist]
    if not ignored:
        return customer, identifiers, ignored
    identifiers = [identifier for identifier in identifiers if identifier not in ignored]
    if not (identifiers or customer) and len(errors.items) == before:
        for identifier in ignored:
            errors.add(identifier.kind, _blocked(identifier))
    return customer, identifiers, ignored


def parse_identifier(text: str) -> Identifier:
    """Returns the identifier in a text `kind:value`.

    Raises ValueError with a message for the client.
    """
    kind, _, value = text.strip().partition(":")
    if kind not in PARSERS or not value.strip():
        raise ValueError(IDENTIFIER_FORM)
    return PARSERS[kind](value)


def parse_identifiers(fields: IdentifierFields, errors: FieldErrors) -> list[Identifier]:
    """Returns the identifiers by falling weight. Adds to `errors` those that cannot be parsed."""
    identifiers = (
        errors.parse(fields.email, "email", email),
        errors.parse(fields.phone, "phone", phone),
        errors.parse(fields.external_id, "externalId", external_id),
        errors.parse(fields.anonymous_id, "anonymousId", anonymous_id),
    )
    return [identifier for identifier in identifiers if identifier]


def has_any_identifier(fields: IdentityFields) -> bool:
    """Whether one of the fields is neither absent nor blank."""
    texts = (
        fields.customer,
        fields.email,
        fields.phone,
        fields.external_id,
        fields.anonymous_id,
    )
    return any(text and not text.isspace() for text in texts)


def _blocked(identifier: Identifier) -> str:
    return f"must not be the only identifier: {identifier.value} is a blocked value"
