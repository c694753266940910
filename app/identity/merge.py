"""Merge: two Customers put together, as it is asked for, foreseen and told."""

from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from app.domain.identifiers import ID_LENGTH, Kind

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
_From = Annotated[
    str,
    Meta(
        description="The id of the Customer to merge into this one.",
        extra_json_schema={"minLength": 1, "maxLength": ID_LENGTH},
    ),
]


class PreviewQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """With whom to merge."""

    from_: _From = msgspec.field(name="from")


class MergeRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """With whom to merge, and why."""

    reason: Reason
    from_: _From = msgspec.field(name="from")


class UndoRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """Why a merge is undone."""

    reason: Reason | None = None


class Merge(Struct, frozen=True, rename="camel", omit_defaults=True):
    """A merge: who stays, who was merged, when, by which API key, and why; the undo as well."""

    merge_id: Annotated[str, Meta(extra_json_schema={"pattern": "^mrg_"})]
    customer_id: Annotated[str, Meta(description="Whom it was merged into.")]
    from_: Annotated[str, Meta(description="Who was merged.")] = msgspec.field(name="from")
    at: str
    by: str
    reason: str
    undone_at: str | None = None
    undone_by: str | None = None
    undo_reason: str | None = None


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
