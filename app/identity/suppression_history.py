"""The history of the suppression list: its changes, without the identifiers."""

import msgspec
from msgspec import Struct

from app.domain import pagination
from app.domain.suppression_errors import SuppressionNotFound
from app.domain.validation import FieldErrors
from app.graph.graph import Graph
from app.graph.rows import first
from app.identity.suppressions import SuppressionChange

PAGE_CHANGES = 50


class PastChange(SuppressionChange, frozen=True, rename="camel", omit_defaults=True):
    """A change in the history."""

    undone: bool = False


class HistoryPage(Struct, frozen=True):
    """A page of the history, the latest change first. A `next_cursor` means there is more."""

    changes: list[PastChange]
    next_cursor: str | None


class Undoable(Struct, frozen=True):
    """A suppression, and how many of its identifiers an undo would remove."""

    change: PastChange
    remaining: int


class SuppressionHistory:
    """Reads the changes of the suppression list from the graph."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph

    async def read(self, cursor: str | None) -> HistoryPage:
        """A page of the changes. Raises InvalidPayload or Unavailable."""
        errors = FieldErrors()
        before = errors.parse(cursor, "cursor", pagination.decode_time)
        errors.raise_any()
        rows = await self._graph.read("suppression_changes", before=before, limit=PAGE_CHANGES)
        page, last = pagination.page(rows, PAGE_CHANGES)
        after = pagination.encode_time(last["moment"], last["id"]) if last else None
        return HistoryPage([msgspec.convert(row, PastChange) for row in page], after)

    async def suppression(self, suppression: str) -> Undoable:
        """The suppression with an ID. Raises SuppressionNotFound or Unavailable."""
        row = first(await self._graph.read("suppression", id=suppression), SuppressionNotFound())
        change = row["change"] | {"undone": row["undo"] is not None}
        return Undoable(msgspec.convert(change, PastChange), len(row["hashes"]))
