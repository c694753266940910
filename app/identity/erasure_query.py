"""The query of an erasure: which Customer, why, and whether its identifiers are suppressed."""

from typing import Annotated

from msgspec import Meta, Struct

from app.domain import identifiers
from app.domain.identifiers import MAX_ID_LENGTH
from app.domain.validation import REQUIRED, FieldErrors, invalid
from app.errors import FieldError
from app.identity.reason import MAX_REASON_LENGTH


class ErasureQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """The Customer to erase, and the reason."""

    customer: Annotated[
        str,
        Meta(
            description="ID of the Customer, or of a Customer that is merged with it.",
            extra_json_schema={"minLength": 1, "maxLength": MAX_ID_LENGTH},
        ),
    ]
    reason: Annotated[
        str | None,
        Meta(
            description="The reason, for the audit log, which is not erased: no personal data.",
            extra_json_schema={"maxLength": MAX_REASON_LENGTH},
        ),
    ] = None
    suppress: Annotated[
        bool,
        Meta(
            description="Whether to suppress the identifiers of the Customer first, without those "
            "that are marked as shared."
        ),
    ] = False


def parse(query: ErasureQuery) -> tuple[str, str | None]:
    """The Customer and the reason of a query. Raises InvalidPayload."""
    errors = FieldErrors()
    customer = errors.parse(query.customer, "customer", identifiers.opaque_id)
    reason = errors.parse(query.reason, "reason", _reason)
    errors.raise_any()
    if not customer:
        raise invalid([FieldError("customer", REQUIRED)])
    return customer, reason


def _reason(text: str) -> str:
    if len(text) > MAX_REASON_LENGTH:
        raise ValueError(f"must have at most {MAX_REASON_LENGTH} characters")
    return text
