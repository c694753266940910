"""The requests that preview, move and detach one Identifier."""

from typing import Annotated

from msgspec import Meta, Struct

from app.domain import identity_fields
from app.domain.identifiers import MAX_ID_LENGTH, Identifier
from app.domain.validation import FieldErrors
from app.identity.reason import Reason
from app.identity.reviews import ONE_IDENTIFIER

ToCustomer = Annotated[
    str,
    Meta(
        description="The id of the Customer that gets the Identifier.",
        extra_json_schema={"minLength": 1, "maxLength": MAX_ID_LENGTH},
    ),
]


class IdentifierFields(Struct, rename="camel", kw_only=True):
    """Exactly one of the fields names the Identifier. A blank or null field counts as absent."""

    email: identity_fields.EmailField = None
    phone: identity_fields.PhoneField = None
    external_id: identity_fields.ExternalIdField = None
    anonymous_id: identity_fields.AnonymousIdField = None


class IdentifierMoveQuery(
    IdentifierFields, forbid_unknown_fields=True, rename="camel", kw_only=True
):
    """Which Identifier to move, and to which Customer. Without `to`, previews a detach."""

    to: ToCustomer | None = None


class MoveRequest(IdentifierFields, forbid_unknown_fields=True, rename="camel", kw_only=True):
    """Which Identifier to move, to which Customer, and why."""

    to: ToCustomer
    reason: Reason


class DetachRequest(IdentifierFields, forbid_unknown_fields=True, rename="camel", kw_only=True):
    """Which Identifier to detach, and why."""

    reason: Reason


def identifier(fields: IdentifierFields) -> Identifier:
    """Returns the Identifier that the fields name. Raises InvalidPayload unless they name one."""
    errors = FieldErrors()
    identifiers = identity_fields.parse_identifiers(fields, errors)
    if len(identifiers) != 1 and not errors.items:
        errors.add("", ONE_IDENTIFIER)
    errors.raise_any()
    return identifiers[0]
