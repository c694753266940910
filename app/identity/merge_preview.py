"""What a merge would put together, and what to consider before."""

from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from app.domain.identifiers import ID_LENGTH, Kind
from app.graph.graph import Row

MANY_IDENTIFIERS = 20
MANY_TOUCHPOINTS = 1000

FromCustomer = Annotated[
    str,
    Meta(
        description="The id of the Customer to merge into this one.",
        extra_json_schema={"minLength": 1, "maxLength": ID_LENGTH},
    ),
]


class PreviewQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """With whom to merge."""

    from_: FromCustomer = msgspec.field(name="from")


class KindCount(Struct, frozen=True):
    """How many Identifiers of a kind there are."""

    kind: Kind
    count: int


class Side(Struct, frozen=True, rename="camel"):
    """One of the two, with all who were merged into it before: `customers` of them."""

    customer_id: str
    created_at: str
    customers: int
    identifiers: list[KindCount]
    touchpoints: int


class Evidence(Struct, frozen=True, rename="camel"):
    """How often a key of the one came with one of the other; the kind is of what was overruled."""

    kind: Kind
    count: int
    first_seen: str
    last_seen: str


class Caution(Struct, frozen=True):
    """What to consider before."""

    code: Annotated[
        str,
        Meta(extra_json_schema={"enum": ["dismissed", "large", "no_evidence"]}),
    ]
    message: str


class MergePreview(Struct, frozen=True, rename="camel"):
    """What a merge would put together; nothing is written."""

    customer: Side
    from_: Side = msgspec.field(name="from")
    conflicts: list[Evidence]
    warnings: list[Caution]


def preview(customer: Row, other: Row) -> MergePreview:
    """The preview of two rows of the statement `merge_preview`: the survivor, then the merged."""
    side = _side(other)
    conflicts = msgspec.convert(customer["doubts"], list[Evidence])
    warnings = _warnings(side, conflicts, customer["isDismissed"])
    return MergePreview(_side(customer), side, conflicts, warnings)


def _side(row: Row) -> Side:
    return Side(
        row["survivorId"],
        row["createdAt"],
        row["members"],
        msgspec.convert(row["identifiers"], list[KindCount]),
        row["touchpoints"],
    )


def _warnings(other: Side, conflicts: list[Evidence], is_dismissed: bool) -> list[Caution]:
    identifiers = sum(each.count for each in other.identifiers)
    found: list[Caution] = []
    if is_dismissed:
        found.append(Caution("dismissed", "a reviewer said that the two are not the same"))
    if identifiers > MANY_IDENTIFIERS or other.touchpoints > MANY_TOUCHPOINTS:
        size = f"{identifiers} identifiers and {other.touchpoints} touchpoints"
        found.append(Caution("large", f"{size} would change hands"))
    if not conflicts:
        found.append(Caution("no_evidence", "no event has ever connected the two"))
    return found
