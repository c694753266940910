"""The arguments of the tools of data stewards, and the preview of an erasure."""

from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from app.domain.identifiers import MAX_ID_LENGTH
from app.identity.identifier_move_requests import (
    DetachRequest,
    IdentifierMoveQuery,
    MoveRequest,
)
from app.identity.merge_preview import FromCustomer
from app.identity.reason import Reason
from app.identity.split_preview import SharedNames


def _id(description: str) -> Meta:
    bounds = {"minLength": 1, "maxLength": MAX_ID_LENGTH}
    return Meta(description=description, extra_json_schema=bounds)


_Customer = Annotated[str, _id("ID of the Customer.")]
_Owner = Annotated[
    str, _id("ID of the Customer that has the identifier, or of one that is merged with it.")
]
_Surviving = Annotated[str, _id("ID of the Customer that survives.")]


class MergePreviewArguments(Struct, frozen=True, forbid_unknown_fields=True):
    """The two Customers of a merge."""

    customer: _Surviving
    from_: FromCustomer = msgspec.field(name="from")


class MergeArguments(Struct, frozen=True, forbid_unknown_fields=True):
    """The two Customers to merge, and why."""

    customer: _Surviving
    reason: Reason
    from_: FromCustomer = msgspec.field(name="from")


class SplitPreviewArguments(Struct, frozen=True, forbid_unknown_fields=True):
    """The Customer of a split."""

    customer: _Customer
    shared: SharedNames = []


class SplitArguments(Struct, frozen=True, forbid_unknown_fields=True):
    """The Customer to split, and why."""

    customer: _Customer
    reason: Reason
    shared: SharedNames = []


class UndoMergeArguments(Struct, frozen=True, forbid_unknown_fields=True, rename="camel"):
    """The merge to undo, and why."""

    merge_id: Annotated[str, _id("ID of the merge.")]
    reason: Reason


class UndoSplitArguments(Struct, frozen=True, forbid_unknown_fields=True, rename="camel"):
    """The split to undo, and why."""

    split_id: Annotated[str, _id("ID of the split of a part.")]
    reason: Reason


class MovePreviewArguments(
    IdentifierMoveQuery, forbid_unknown_fields=True, rename="camel", kw_only=True
):
    """The Customer and the identifier of a move, and the Customer to move it to."""

    customer: _Owner


class MoveArguments(MoveRequest, forbid_unknown_fields=True, rename="camel", kw_only=True):
    """The Customer and the identifier of a move, the Customer to move it to, and why."""

    customer: _Owner


class DetachArguments(DetachRequest, forbid_unknown_fields=True, rename="camel", kw_only=True):
    """The Customer and the identifier to detach, and why."""

    customer: _Owner


class UndoMoveArguments(Struct, frozen=True, forbid_unknown_fields=True, rename="camel"):
    """The move to undo, and why."""

    move_id: Annotated[str, _id("ID of the move or detach.")]
    reason: Reason


class ErasureArguments(Struct, frozen=True, forbid_unknown_fields=True, rename="camel"):
    """The Customer to erase, why, and whether to erase it or to preview that."""

    customer: Annotated[str, _id("ID of the Customer, or of one that is merged with it.")]
    reason: Annotated[
        Reason, Meta(description="Why, for the audit log, which is not erased: no personal data.")
    ]
    suppress: Annotated[
        bool,
        Meta(
            description="If true, first adds the identifiers to the suppression list, without "
            "those that are marked as shared: the service then rejects later events of the person."
        ),
    ] = False
    dry_run: Annotated[
        bool, Meta(description="If true, returns a preview. Only false erases the Customer.")
    ] = True


class ErasurePreview(Struct, frozen=True, rename="camel"):
    """The data that an erasure would delete. Nothing is deleted."""

    dry_run: Annotated[bool, Meta(extra_json_schema={"const": True})]
    customers: Annotated[
        list[str],
        Meta(description="The surviving Customer, then the Customers merged into it."),
    ]
    identifiers: Annotated[int, Meta(description="Number of Identifiers.")]
    touchpoints: Annotated[int, Meta(description="Number of Touchpoints.")]
