"""What a merge would put together, and what to consider before."""

from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from app.domain.identifiers import MAX_ID_LENGTH, Kind
from app.graph.graph import Row

MANY_IDENTIFIERS = 20
MANY_TOUCHPOINTS = 1000

FromCustomer = Annotated[
    str,
    Meta(
        description="The id of the Customer to merge into this one.",
        extra_json_schema={"minLength": 1, "maxLength": MAX_ID_LENGTH},
    ),
]


class PreviewQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """With whom to merge."""

    from_: FromCustomer = msgspec.field(name="from")


class KindCount(Struct, frozen=True):
    """How many Identifiers of a kind there are."""

    kind: Kind
    count: int


class MergeCustomerSummary(Struct, frozen=True, rename="camel"):
    """One of the two, with all who were merged into it before: `customers` of them."""

    customer_id: str
    created_at: str
    customers: int
    identifiers: list[KindCount]
    touchpoints: int


class MatchEvidence(Struct, frozen=True, rename="camel"):
    """How often a key of the one came with one of the other; the kind is of what was overruled."""

    kind: Kind
    count: int
    first_seen: str
    last_seen: str


class MergeWarning(Struct, frozen=True):
    """What to consider before."""

    code: Annotated[
        str,
        Meta(extra_json_schema={"enum": ["dismissed", "large", "no_evidence"]}),
    ]
    message: str


class MergePreview(Struct, frozen=True, rename="camel"):
    """What a merge would put together; nothing is written."""

    customer: MergeCustomerSummary
    from_: MergeCustomerSummary = msgspec.field(name="from")
    conflicts: list[MatchEvidence]
    warnings: list[MergeWarning]


def preview(customer: Row, other: Row) -> MergePreview:
    """The preview of two rows of the statement `merge_preview`: the survivor, then the merged."""
    other_summary = _summary(other)
    conflicts = msgspec.convert(customer["doubts"], list[MatchEvidence])
    warnings = _warnings(other_summary, conflicts, customer["isDismissed"])
    return MergePreview(_summary(customer), other_summary, conflicts, warnings)


def _summary(row: Row) -> MergeCustomerSummary:
    return MergeCustomerSummary(
        row["survivorId"],
        row["createdAt"],
        row["members"],
        msgspec.convert(row["identifiers"], list[KindCount]),
        row["touchpoints"],
    )


def _warnings(
    other: MergeCustomerSummary, conflicts: list[MatchEvidence], is_dismissed: bool
) -> list[MergeWarning]:
    identifiers = sum(kind.count for kind in other.identifiers)
    warnings: list[MergeWarning] = []
    if is_dismissed:
        warnings.append(MergeWarning("dismissed", "a reviewer said that the two are not the same"))
    if identifiers > MANY_IDENTIFIERS or other.touchpoints > MANY_TOUCHPOINTS:
        size = f"{identifiers} identifiers and {other.touchpoints} touchpoints"
        warnings.append(MergeWarning("large", f"{size} would change hands"))
    if not conflicts:
        warnings.append(MergeWarning("no_evidence", "no event has ever connected the two"))
    return warnings
