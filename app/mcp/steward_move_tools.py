"""The tools that move or detach one identifier of a Customer, and undo that."""

from app.access.api_keys import IDENTITY_WRITE
from app.identity.identifier_move_preview import IdentifierMovePreview
from app.identity.identifier_moves import IdentifierMove
from app.mcp.steward_arguments import (
    DetachArguments,
    MoveArguments,
    MovePreviewArguments,
    UndoMoveArguments,
)
from app.mcp.tool import CHANGE_RETRY, FIX_OTHERS, READ_RETRY, USER_DECIDES, Tool, schema

_ONE_IDENTIFIER = "one of `email`, `phone`, `externalId`, `anonymousId`"
_WRONG_OWNER = (
    "If the Customer does not have the identifier, returns `invalid_payload`: find its Customer "
    "with `get_context`, and let the user decide."
)

MOVE_TOOLS = (
    Tool(
        "preview_move",
        "Preview a move of an identifier",
        "Returns the Customers that have and would get one identifier, the number of Touchpoints "
        "that carry it, and warnings. Use it before `move_identifier` and, without `to`, before "
        f"`detach_identifier`. Requires `customer`, which has the identifier, and "
        f"{_ONE_IDENTIFIER}. {_WRONG_OWNER} {READ_RETRY} Scope: `identity:write`.",
        IDENTITY_WRITE,
        True,
        schema(MovePreviewArguments),
        schema(IdentifierMovePreview),
    ),
    Tool(
        "move_identifier",
        "Move an identifier",
        "Gives one identifier of a Customer to another existing Customer: later events with it "
        "match that one. Touchpoints stay. Use it if one identifier is with the wrong person; if "
        "its person has no Customer, use `detach_identifier`; if events are, too, use "
        f"`split_customer`. Call `preview_move` first. {USER_DECIDES} Requires `customer`, "
        f"{_ONE_IDENTIFIER}, `to` and `reason`. Returns `moveId`: keep it, `undo_move` takes it. "
        f"{_WRONG_OWNER} {CHANGE_RETRY}`invalid_payload` at the identifier or at `to` as success. "
        f"{FIX_OTHERS} Scope: `identity:write`.",
        IDENTITY_WRITE,
        False,
        schema(MoveArguments),
        schema(IdentifierMove),
        is_destructive=True,
    ),
    Tool(
        "detach_identifier",
        "Detach an identifier",
        "Gives one identifier of a Customer to a new Customer, which has nothing else. Touchpoints "
        "stay. Use it if the identifier belongs to a person without a Customer; if the person has "
        "one, use `move_identifier`. Call `preview_move` first, without `to`. "
        f"{USER_DECIDES} Requires `customer`, {_ONE_IDENTIFIER} and `reason`. Returns `to`, the "
        f"new Customer, and `moveId`: keep it, `undo_move` takes it. {_WRONG_OWNER} "
        f"{CHANGE_RETRY}`invalid_payload` at the identifier as success. {FIX_OTHERS} Scope: "
        "`identity:write`.",
        IDENTITY_WRITE,
        False,
        schema(DetachArguments),
        schema(IdentifierMove),
        is_destructive=True,
    ),
    Tool(
        "undo_move",
        "Undo a move of an identifier",
        "Gives the identifier of a move or a detach back to the Customer that had it. Deletes the "
        "Customer that a detach created if it has nothing else. Use it if the move was a mistake, "
        "and the user asks for it. Requires `moveId`, from `move_identifier` or "
        "`detach_identifier`, and `reason`. Returns the move with its undo. A repeat changes "
        "nothing more and returns the first undo. After `rate_limited`, `unavailable`, `internal` "
        "or a timeout, retry after the `retryAfter` seconds of the error, if any. If the "
        "identifier was moved again or split off since, returns `merge_conflict`: undo the latest "
        f"move first. If no move has the ID, returns `unknown_move`. {FIX_OTHERS} Scope: "
        "`identity:write`.",
        IDENTITY_WRITE,
        False,
        schema(UndoMoveArguments),
        schema(IdentifierMove),
        is_destructive=True,
        is_repeatable=True,
    ),
)
