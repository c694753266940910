"""Erasure: a person deleted for good, as it is asked for and told."""

from typing import Annotated

from msgspec import Meta, Struct

from app.domain.identifiers import ID_LENGTH
from app.identity.reason import REASON_LENGTH

COMMAND_LINE = "cli"  # who asks for an erasure there, where no API key does


class ErasureQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """Whom to erase, and why."""

    customer: Annotated[
        str,
        Meta(
            description="The Customer's id, or that of one who is merged with it.",
            extra_json_schema={"minLength": 1, "maxLength": ID_LENGTH},
        ),
    ]
    reason: Annotated[
        str | None,
        Meta(
            description="Why, for the audit trail, which stays: no personal data.",
            extra_json_schema={"maxLength": REASON_LENGTH},
        ),
    ] = None


class Erasure(Struct, frozen=True, rename="camel", omit_defaults=True):
    """What was erased, when, by whom, and why; all of it once there is a `finishedAt`."""

    erasure_id: Annotated[str, Meta(extra_json_schema={"pattern": "^ers_"})]
    customers: Annotated[
        list[str],
        Meta(description="The Customer who stood for all of them, then who was merged into it."),
    ]
    identifiers: Annotated[int, Meta(description="How many were deleted.")]
    touchpoints: Annotated[int, Meta(description="How many were deleted.")]
    redacted: Annotated[
        int, Meta(description="From how many events of others one of the keys was taken.")
    ]
    at: Annotated[str, Meta(description="Since when nobody finds them.")]
    by: Annotated[str, Meta(description="The id of the API key, or `cli` for the command line.")]
    reason: str | None = None
    finished_at: str | None = None
