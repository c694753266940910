"""The reason of a decision about identities, or of its undo, for the audit log."""

from typing import Annotated

from msgspec import Meta, Struct

MAX_REASON_LENGTH = 1000

Reason = Annotated[
    str,
    Meta(
        description="Why, for the audit log.",
        min_length=1,
        max_length=MAX_REASON_LENGTH,
        pattern=r"\S",
        examples=["same person, confirmed by phone"],
    ),
]


class UndoRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """Why a decision is undone."""

    reason: Reason | None = None
