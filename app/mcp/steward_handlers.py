"""The handlers of the tools of data stewards: they call the same use cases as the routes."""

from collections.abc import Mapping
from typing import Any

from app.access.authenticator import ApiKey
from app.customers.context import ContextReader
from app.customers.context_query import ContextQuery
from app.identity.erasure import Erasure, ErasureService
from app.identity.erasure_query import ErasureQuery
from app.identity.identifier_move_preview import IdentifierMovePreview
from app.identity.identifier_moves import IdentifierMove, IdentifierMoveService
from app.identity.merge_preview import MergePreview
from app.identity.merges import Merge, MergeRequest, MergeService
from app.identity.split_preview import SplitPreview
from app.identity.splits import Split, SplitRequest, SplitService
from app.mcp import arguments as tool_arguments
from app.mcp.steward_arguments import (
    DetachArguments,
    ErasureArguments,
    ErasurePreview,
    MergeArguments,
    MergePreviewArguments,
    MoveArguments,
    MovePreviewArguments,
    SplitArguments,
    SplitPreviewArguments,
    UndoMergeArguments,
    UndoMoveArguments,
    UndoSplitArguments,
)

Arguments = Mapping[str, Any]


class StewardHandlers:
    """One handler per tool, by the ID of the API key that the audit log names."""

    def __init__(
        self,
        merges: MergeService,
        splits: SplitService,
        moves: IdentifierMoveService,
        erasures: ErasureService,
        contexts: ContextReader,
    ) -> None:
        self._merges = merges
        self._splits = splits
        self._moves = moves
        self._erasures = erasures
        self._contexts = contexts
        self.by_tool = {
            "preview_merge": self._preview_merge,
            "merge_customers": self._merge,
            "undo_merge": self._undo_merge,
            "preview_split": self._preview_split,
            "split_customer": self._split,
            "undo_split": self._undo_split,
            "preview_move": self._preview_move,
            "move_identifier": self._move,
            "detach_identifier": self._detach,
            "undo_move": self._undo_move,
            "erase_customer": self._erase,
        }

    async def _preview_merge(self, arguments: Arguments, _: ApiKey) -> MergePreview:
        query = tool_arguments.decode(arguments, MergePreviewArguments)
        return await self._merges.preview(query.customer, query.from_)

    async def _merge(self, arguments: Arguments, api_key: ApiKey) -> Merge:
        query = tool_arguments.decode(arguments, MergeArguments)
        request = MergeRequest(query.reason, query.from_)
        return await self._merges.merge(query.customer, request, api_key.id)

    async def _undo_merge(self, arguments: Arguments, api_key: ApiKey) -> Merge:
        query = tool_arguments.decode(arguments, UndoMergeArguments)
        return await self._merges.undo(query.merge_id, query.reason, api_key.id)

    async def _preview_split(self, arguments: Arguments, _: ApiKey) -> SplitPreview:
        query = tool_arguments.decode(arguments, SplitPreviewArguments)
        return await self._splits.preview(query.customer, query.shared)

    async def _split(self, arguments: Arguments, api_key: ApiKey) -> Split:
        query = tool_arguments.decode(arguments, SplitArguments)
        request = SplitRequest(query.reason, query.shared)
        return await self._splits.split(query.customer, request, api_key.id)

    async def _undo_split(self, arguments: Arguments, api_key: ApiKey) -> Merge:
        query = tool_arguments.decode(arguments, UndoSplitArguments)
        return await self._splits.undo(query.split_id, query.reason, api_key.id)

    async def _preview_move(self, arguments: Arguments, _: ApiKey) -> IdentifierMovePreview:
        query = tool_arguments.decode(arguments, MovePreviewArguments)
        return await self._moves.preview(query.customer, query)

    async def _move(self, arguments: Arguments, api_key: ApiKey) -> IdentifierMove:
        query = tool_arguments.decode(arguments, MoveArguments)
        return await self._moves.move(query.customer, query, api_key.id)

    async def _detach(self, arguments: Arguments, api_key: ApiKey) -> IdentifierMove:
        query = tool_arguments.decode(arguments, DetachArguments)
        return await self._moves.detach(query.customer, query, api_key.id)

    async def _undo_move(self, arguments: Arguments, api_key: ApiKey) -> IdentifierMove:
        query = tool_arguments.decode(arguments, UndoMoveArguments)
        return await self._moves.undo(query.move_id, query.reason, api_key.id)

    async def _erase(self, arguments: Arguments, api_key: ApiKey) -> Erasure | ErasurePreview:
        query = tool_arguments.decode(arguments, ErasureArguments)
        if query.dry_run:
            return await self._preview_erasure(query.customer)
        request = ErasureQuery(query.customer, query.reason, query.suppress)
        return await self._erasures.erase(request, api_key.id)

    async def _preview_erasure(self, customer: str) -> ErasurePreview:
        context = await self._contexts.read(ContextQuery(customer=customer, limit=0))
        counted = sum(each.count for each in context.events)
        return ErasurePreview(
            True,
            [context.customer_id, *(each.customer_id for each in context.merged)],
            len(context.identifiers),
            counted if context.total_touchpoints is None else context.total_touchpoints,
        )
