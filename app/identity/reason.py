"""The reason of a decision about identities, as the audit trail keeps it."""

from typing import Annotated

from msgspec import Meta

REASON_LENGTH = 1000

Reason = Annotated[
    str,
    Meta(
        description="Why, for the audit trail.",
        min_length=1,
        max_length=REASON_LENGTH,
        pattern=r"\S",
        examples=["same person, confirmed by phone"],
    ),
]
