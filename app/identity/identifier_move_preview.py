"""The preview of a move of an Identifier: the Customers, the Touchpoints that stay, warnings."""

from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from app.graph.graph import Row

MAX_SEARCHED_TOUCHPOINTS = 100_000  # of the latest ones, so that a preview takes a fraction of 1 s


class IdentifierMoveWarning(Struct, frozen=True):
    """A reason to look closer before the move."""

    code: Annotated[str, Meta(extra_json_schema={"enum": ["last_identifier"]})]
    message: str


class IdentifierMovePreview(Struct, frozen=True, rename="camel", omit_defaults=True, kw_only=True):
    """The preview of a move; nothing is written."""

    identifier: Annotated[str, Meta(description="As `kind:value`.")]
    shared: Annotated[bool, Meta(description="Whether it is marked as shared. The mark stays.")]
    since: Annotated[str, Meta(description="When it came to its Customer.")]
    from_: Annotated[
        str,
        Meta(description="The Customer that has it; if that is merged, the merged Customer."),
    ] = msgspec.field(name="from")
    to: Annotated[
        str | None, Meta(description="The Customer that gets it. Absent for a detach.")
    ] = None
    touchpoints: Annotated[
        int, Meta(description="Number of Touchpoints that carry it, and stay where they are.")
    ]
    searched_touchpoints: Annotated[
        int | None,
        Meta(description="Number of the latest Touchpoints searched. Absent if it is all."),
    ] = None
    warnings: list[IdentifierMoveWarning]


def preview(name: str, row: Row, counts: Row) -> IdentifierMovePreview:
    """Returns the preview of the rows of `identifier_owner` and `identifier_touchpoints`."""
    is_partial = counts["searched"] < counts["total"]
    return IdentifierMovePreview(
        identifier=name,
        shared=row["shared"],
        since=row["since"],
        from_=row["home"],
        to=row["to"],
        touchpoints=counts["touchpoints"],
        searched_touchpoints=counts["searched"] if is_partial else None,
        warnings=_warnings(row),
    )


def _warnings(row: Row) -> list[IdentifierMoveWarning]:
    is_last = row["identifiers"] == 1 and row["toSurvivor"] != row["homeSurvivor"]
    if not is_last:
        return []
    text = "The Customer keeps no Identifier. Then only its ID finds it."
    return [IdentifierMoveWarning("last_identifier", text)]
