"""The preview of a merge: the two Customers, the evidence, and warnings."""

from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from app.domain.identifiers import MAX_ID_LENGTH, Kind
from app.graph.graph import Row

LARGE_MERGE_IDENTIFIERS = 20  # a merge of more is large
LARGE_MERGE_TOUCHPOINTS = 1000

FromCustomer = Annotated[
    str,
    Meta(
        description="The id of the Customer to merge into this one.",
        extra_json_schema={"minLength": 1, "maxLength": MAX_ID_LENGTH},
    ),
]


class PreviewQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """Which Customer to merge."""

    from_: FromCustomer = msgspec.field(name="from")


class KindCount(Struct, frozen=True):
    """The number of Identifiers of a kind."""

    kind: Kind
    count: int


class MergeCustomerSummary(Struct, frozen=True, rename="camel"):
    """One of the two, counted with all Customers merged into it: `customers` in all."""

    customer_id: str
    created_at: str
    customers: int
    identifiers: list[KindCount]
    touchpoints: int


class MatchEvidence(Struct, frozen=True, rename="camel"):
    """How many events carried identifiers of both; `kind` is of the one of lower priority."""

    kind: Kind
    count: int
    first_seen: str
    last_seen: str


class MergeWarning(Struct, frozen=True):
    """A reason to look closer before the merge."""

    code: Annotated[
        str,
        Meta(extra_json_schema={"enum": ["dismissed", "large", "no_evidence"]}),
    ]
    message: str


class MergePreview(Struct, frozen=True, rename="camel"):
    """The preview of a merge; nothing is written."""

    customer: MergeCustomerSummary
    from_: MergeCustomerSummary = msgspec.field(name="from")
    conflicts: list[MatchEvidence]
    warnings: list[MergeWarning]


def preview(customer: Row, other: Row) -> MergePreview:
    """Returns the preview of two rows of `merge_preview`: the surviving and the merged Customer."""
    other_summary = _summary(other)
    conflicts = msgspec.convert(customer["conflicts"], list[MatchEvidence])
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
        warnings.append(
            MergeWarning("dismissed", "A data steward dismissed their identity conflict.")
        )
    if identifiers > LARGE_MERGE_IDENTIFIERS or other.touchpoints > LARGE_MERGE_TOUCHPOINTS:
        size = f"{identifiers:,} Identifiers and {other.touchpoints:,} Touchpoints"
        warnings.append(MergeWarning("large", f"The merge moves {size}."))
    if not conflicts:
        warnings.append(
            MergeWarning("no_evidence", "No event carried identifiers of both Customers.")
        )
    return warnings
