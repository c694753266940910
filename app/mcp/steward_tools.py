"""The tools of data stewards, by toolset. The operator offers them by a setting."""

from app.access.api_keys import CUSTOMERS_DELETE, IDENTITY_WRITE
from app.identity.erasure import Erasure
from app.identity.merge_preview import MergePreview
from app.identity.merges import Merge
from app.identity.split_preview import SplitPreview
from app.identity.splits import Split
from app.mcp.steward_arguments import (
    ErasureArguments,
    ErasurePreview,
    MergeArguments,
    MergePreviewArguments,
    SplitArguments,
    SplitPreviewArguments,
    UndoMergeArguments,
    UndoSplitArguments,
)
from app.mcp.steward_move_tools import MOVE_TOOLS
from app.mcp.tool import CHANGE_RETRY, FIX_OTHERS, READ_RETRY, USER_DECIDES, Tool, either, schema

IDENTITY = "identity"
ERASURE = "erasure"

# The tools of a toolset stand together. A further change of identifiers belongs to IDENTITY.
TOOLSETS = {
    IDENTITY: (
        Tool(
            "preview_merge",
            "Preview a merge",
            "Returns the number of Identifiers and Touchpoints of two Customers, the evidence that "
            "they are one person, and warnings. Use it before `merge_customers`. Requires "
            "`customer`, the Customer that would survive, and `from`. If `conflicts` is empty, no "
            "event connects the two. If no Customer has an ID, returns `unknown_customer`; if both "
            f"are merged already, `merge_conflict`. {READ_RETRY} Scope: `identity:write`.",
            IDENTITY_WRITE,
            True,
            schema(MergePreviewArguments),
            schema(MergePreview),
        ),
        Tool(
            "merge_customers",
            "Merge two Customers",
            "States that two Customers are one person: the Touchpoints and identifiers of `from` "
            f"then count for `customer`. Call `preview_merge` first. {USER_DECIDES} Requires "
            "`customer`, `from` and `reason`. Returns `mergeId`: keep it, `undo_merge` takes it. "
            f"{CHANGE_RETRY}`merge_conflict` as success if the Customers are merged. {FIX_OTHERS} "
            "Scope: `identity:write`.",
            IDENTITY_WRITE,
            False,
            schema(MergeArguments),
            schema(Merge),
            is_destructive=True,
        ),
        Tool(
            "undo_merge",
            "Undo a merge",
            "Restores the Customer that a merge ended, with its Identifiers and Touchpoints. An "
            "event after the merge stays with the Customer whose identifier it matched. Use it if "
            "the two Customers are two people, and the user asks for it. Requires `mergeId`, from "
            "`merge_customers` or from `merged` of `get_context`, and `reason`. Returns the merge "
            f"with its undo. {CHANGE_RETRY}`merge_conflict` as success if the merge is undone. If "
            f"no merge has the ID, returns `unknown_merge`. {FIX_OTHERS} Scope: `identity:write`.",
            IDENTITY_WRITE,
            False,
            schema(UndoMergeArguments),
            schema(Merge),
            is_destructive=True,
        ),
        Tool(
            "preview_split",
            "Preview a split",
            "Groups the Identifiers of a Customer by the events that carry several of them. Use it "
            "before `split_customer`, if a Customer may be several people. Requires `customer`. "
            "`shared` names Identifiers of several people, such as the phone of an office: they "
            "connect no others. Returns `stays`, the part that keeps the Customer, and `parts`, "
            "one for each new Customer. If `parts` is empty, there is nothing to split: try "
            f"`shared`. {READ_RETRY} Scope: `identity:write`.",
            IDENTITY_WRITE,
            True,
            schema(SplitPreviewArguments),
            schema(SplitPreview),
        ),
        Tool(
            "split_customer",
            "Split a Customer",
            "Creates a Customer for each part of `preview_split`, moves its Identifiers and "
            "Touchpoints there, and marks those in `shared` as shared. Call `preview_split` first, "
            f"with the same `shared`. {USER_DECIDES} Requires `customer` and `reason`. Returns "
            "`parts`, each with its `customerId` and its `splitId`, which `undo_split` takes. "
            f"{CHANGE_RETRY}`nothing_to_split` as success if the parts have Customers of their "
            f"own. {FIX_OTHERS} Scope: `identity:write`.",
            IDENTITY_WRITE,
            False,
            schema(SplitArguments),
            schema(Split),
            is_destructive=True,
        ),
        Tool(
            "undo_split",
            "Undo a split",
            "Merges the part of a split into the split Customer again. Use it if the parts are one "
            "person, and the user asks for it. Requires `splitId`, from `split_customer`, and "
            "`reason`. Returns the merge, whose `mergeId` restores the split by `undo_merge`. "
            f"{CHANGE_RETRY}`merge_conflict` as success if the Customers are merged. If no split "
            f"has the ID, returns `unknown_split`. {FIX_OTHERS} Scope: `identity:write`.",
            IDENTITY_WRITE,
            False,
            schema(UndoSplitArguments),
            schema(Merge),
            is_destructive=True,
        ),
        *MOVE_TOOLS,
    ),
    ERASURE: (
        Tool(
            "erase_customer",
            "Erase a Customer",
            "Deletes one Customer, all Customers merged with it, their Identifiers and Touchpoints "
            "permanently (GDPR Art. 17). No tool undoes it. Requires `customer`, an exact ID, and "
            "`reason`, without personal data. Without `dryRun` set to false it returns a preview: "
            f"`customers`, `identifiers` and `touchpoints`. {USER_DECIDES} To find the ID, use "
            "`get_context`. With `suppress`, it also suppresses the person. To end a mistaken "
            "merge, use `undo_merge` instead. Returns `erasureId`. Without `finishedAt`, deletion "
            "continues: repeat the call to check it. A repeat changes nothing more and returns the "
            "first erasure. After `rate_limited`, `unavailable`, `internal`, `merge_conflict` or a "
            "timeout, retry after the `retryAfter` seconds of the error, if any. "
            f"{FIX_OTHERS} Scope: `customers:delete`.",
            CUSTOMERS_DELETE,
            False,
            schema(ErasureArguments),
            either(Erasure, ErasurePreview),
            is_destructive=True,
            is_repeatable=True,
        ),
    ),
}
STEWARD_TOOLS = {tool.name: tool for tools in TOOLSETS.values() for tool in tools}
