"""An entry of the audit log: a decision about identities, or a deletion."""

from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from app.graph.graph import Row


class AuditEntry(Struct, frozen=True, omit_defaults=True):
    """A decision about identities, or a prune: a deletion of old Touchpoints.

    A review, a move and a detach have an `identifier`, and only a review `shared`. Only a prune has
    `touchpoints` and `before`. Only a change of the suppression list has `identifiers`. An undo has
    the same `id` as the merge, dismissal, move or detach.
    """

    id: str
    kind: Annotated[
        str,
        Meta(
            extra_json_schema={
                "enum": [
                    "merge",
                    "undo",
                    "split",
                    "dismissal",
                    "move",
                    "detach",
                    "review",
                    "erasure",
                    "suppression",
                    "unsuppression",
                    "prune",
                ]
            }
        ),
    ]
    at: str
    by: Annotated[
        str,
        Meta(
            description="The id of the API key; `rule` for a merge by the rule of anonymous "
            "Customers; `cli` for an erasure or a prune from the command line; `retention` for a "
            "prune because of `WAYPATH_RETENTION`."
        ),
    ]
    customers: Annotated[
        list[str],
        Meta(
            description="Merge: the merged and the surviving Customer. Split: the new and the "
            "split Customer. Dismissal: both. Move and detach: the Customer that had the "
            "identifier, and the one that got it. Review: the Customer of the identifier. Erasure: "
            "all erased Customers. Suppression, unsuppression and prune: none."
        ),
    ]
    reason: Annotated[str | None, Meta(description="Absent if the request had none.")] = None
    identifier: Annotated[
        str | None,
        Meta(description="The reviewed, moved or detached identifier, as `kind:value`."),
    ] = None
    shared: Annotated[
        bool | None, Meta(description="Whether the identifier was marked as shared, or unmarked.")
    ] = None
    identifiers: Annotated[
        int | None,
        Meta(description="Number of identifiers that the change of the suppression list affected."),
    ] = None
    touchpoints: Annotated[
        int | None, Meta(description="Number of Touchpoints that the prune deleted.")
    ] = None
    before: Annotated[
        str | None, Meta(description="The prune deleted Touchpoints that occurred before this.")
    ] = None
    undone: Annotated[
        bool,
        Meta(
            description="Whether the merge, dismissal, move, detach or suppression is undone, or "
            "the split Customer has its part again. Absent if not."
        ),
    ] = False


def audit_entry(row: Row) -> AuditEntry:
    """The entry in a row that a statement returns."""
    return msgspec.convert(row, AuditEntry)
