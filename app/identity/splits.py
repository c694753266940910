"""Splits of a Customer that is several people, as its events imply, and their undos."""

from typing import Annotated

from msgspec import Meta, Struct

from app.domain import ids, timestamps
from app.domain.validation import FieldErrors
from app.errors import CustomerNotFound, MergeConflict, NothingToSplit, SplitNotFound
from app.graph.graph import Graph, Row
from app.graph.rows import first
from app.identity import split_preview
from app.identity.merges import Merge, MergeRequest, MergeService
from app.identity.reason import Reason
from app.identity.split_preview import Part, SharedNames, SplitPreview

MAX_MOVED_TOUCHPOINTS = 2000  # in a transaction
ALL_TOUCHPOINTS = 2**63 - 1
CHANGED = "Another request merged, split or erased the Customer. Retry."


class SplitRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """Which Identifiers connect no others from now on, and why."""

    reason: Reason
    shared: SharedNames = []


class NewPart(Part, frozen=True, rename="camel", kw_only=True):
    """A part that is a Customer by itself now; its `splitId` undoes the split."""

    split_id: Annotated[str, Meta(extra_json_schema={"pattern": "^spl_"})]
    customer_id: str


class Split(Struct, frozen=True, rename="camel"):
    """A split: the split Customer, the new ones, when, by which API key, and why."""

    customer_id: str
    parts: list[NewPart]
    at: str
    by: str
    reason: str


class SplitService:
    """Splits Customers in the graph, and undoes that. `by` is the ID of an API key."""

    def __init__(self, graph: Graph, merges: MergeService) -> None:
        self._graph = graph
        self._merges = merges

    async def preview(self, customer: str, shared: list[str]) -> SplitPreview:
        """The parts that the events of a Customer imply, if `shared` Identifiers connect no others.

        Raises InvalidPayload, CustomerNotFound or Unavailable.
        """
        row = await self._read(customer, shared)
        stays, *parts = split_preview.parts(row, shared)
        return SplitPreview(customer, stays, parts)

    async def preview_latest(self, customer: str, touchpoints: int) -> tuple[SplitPreview, int]:
        """The parts that the latest Touchpoints of a Customer imply, and the number of older ones.

        The older ones may connect more Identifiers. Raises CustomerNotFound or Unavailable.
        """
        row = await self._read(customer, [], touchpoints)
        older = max(0, row["touchpoints"] - touchpoints)
        stays, *parts = split_preview.parts(row, [], are_all=not older)
        return SplitPreview(customer, stays, parts), older

    async def split(self, customer: str, request: SplitRequest, by: str) -> Split:
        """Makes a Customer of each part but the first, with its Identifiers and Touchpoints.

        Marks the shared Identifiers. Finishes an interrupted split of the Customer first.
        Raises InvalidPayload, CustomerNotFound, NothingToSplit, MergeConflict or Unavailable.
        """
        await self.finish(customer)
        row = await self._read(customer, request.shared)
        _, *parts = split_preview.parts(row, request.shared)
        if not parts:
            raise NothingToSplit()
        text, at = timestamps.now()
        new_parts = [_new_part(part) for part in parts]
        if not await self._graph.write(
            "split",
            customer=customer,
            survivor=row["survivor"],
            parts=[_parameters(part) for part in new_parts],
            shared=[_key(name) for name in request.shared],
            at=at,
            by=by,
            reason=request.reason,
        ):
            raise MergeConflict(CHANGED)
        await self.finish(customer)
        return Split(customer, new_parts, text, by, request.reason)

    async def undo(self, split_id: str, reason: str | None, by: str) -> Merge:
        """Undoes a split: merges the part into the split Customer again.

        Raises SplitNotFound, MergeConflict or Unavailable.
        """
        rows = await self._graph.read("split", id=split_id)
        row = first(rows, SplitNotFound())
        merge_reason = f"undo of {split_id}" + (f": {reason}" if reason else "")
        return await self._merges.merge(row["whole"], MergeRequest(merge_reason, row["part"]), by)

    async def _read(
        self, customer: str, shared: list[str], touchpoints: int = ALL_TOUCHPOINTS
    ) -> Row:
        rows = await self._graph.read("split_evidence", customer=customer, scan=touchpoints)
        row = first(rows, CustomerNotFound.of_id(customer))
        own = {identifier["name"] for identifier in row["identifiers"]}
        errors = FieldErrors()
        for position, name in enumerate(shared):
            if name not in own:
                errors.add(f"shared[{position}]", "must be an Identifier of the Customer")
        errors.raise_any()
        return row

    async def finish(self, customer: str) -> None:
        """Moves the Touchpoints of the parts that were split from a Customer, in batches.

        Raises Unavailable.
        """
        for row in await self._graph.read("split_leftovers", customer=customer):
            moved = MAX_MOVED_TOUCHPOINTS
            while moved == MAX_MOVED_TOUCHPOINTS:
                (count_row,) = await self._graph.write(
                    "split_move_touchpoints",
                    customer=customer,
                    part=row["part"],
                    names=row["names"],
                    limit=MAX_MOVED_TOUCHPOINTS,
                )
                moved = count_row["moved"]


def _new_part(part: Part) -> NewPart:
    return NewPart(
        part.identifiers,
        part.touchpoints,
        split_id=ids.new_split_id(),
        customer_id=ids.customer_id(ids.new_event_id()),
    )


def _parameters(part: NewPart) -> Row:
    identifiers = [_key(name) for name in part.identifiers]
    return {"id": part.split_id, "customer": part.customer_id, "identifiers": identifiers}


def _key(name: str) -> dict[str, str]:
    kind, _, value = name.partition(":")
    return {"kind": kind, "value": value}
