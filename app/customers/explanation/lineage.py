"""Lineage: the merges and splits of Customers, at any point in time."""

from collections.abc import Iterable, Iterator
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from app.domain.timestamps import Instant


class LineageLink(Struct, frozen=True, rename="camel"):
    """A Customer belongs to another from `begin` until `end`.

    It is merged into the other until the undo, or part of the other until the split. Without a
    `begin` it belongs to the other from its creation, without an `end` until now. `at` and
    `undone_at` are the times of the merge or split and of its undo, as text.
    """

    is_split: bool
    id: str
    from_: str = msgspec.field(name="from")
    into: str
    begin: Instant | None
    end: Instant | None
    at: str
    undone_at: str | None = None

    def holds(self, at: Instant) -> bool:
        """Whether the Customer belonged to the other at a time."""
        has_begun = self.begin is None or self.begin <= at
        return has_begun and (self.end is None or at < self.end)


class LineageChange(Struct, frozen=True, rename="camel"):
    """A change of a Customer: merged into another, that merge undone, or split off another."""

    kind: Annotated[str, Meta(extra_json_schema={"enum": ["merged", "undone", "split"]})]
    id: Annotated[str, Meta(description="ID of the merge or of the split.")]
    at: str
    from_: Annotated[str, Meta(description="The merged Customer, or the new one of a split.")] = (
        msgspec.field(name="from")
    )
    into: Annotated[str, Meta(description="The surviving Customer, or the split one.")]


class Lineage:
    """The surviving Customer of each Customer at a time, derived from the links."""

    def __init__(self, links: Iterable[LineageLink]) -> None:
        self._links = list(links)

    def unsplit(self, customer: str, at: Instant) -> str:
        """Returns the Customer, or the one of which it was still a part at a time."""
        return _chain(customer, at, [link for link in self._links if link.is_split])[-1]

    def survivor(self, customer: str, at: Instant) -> str:
        """Returns the surviving Customer at a time: the Customer itself if it was not merged."""
        return _chain(customer, at, self._links)[-1]

    def merge(self, id_: str) -> LineageLink | None:
        """Returns the merge with an ID, undone or not."""
        return next((link for link in self._links if link.id == id_), None)

    def changes(
        self, customers: Iterable[str], after: Instant, until: Instant
    ) -> list[LineageChange]:
        """Returns the changes of the surviving Customers of these, in the order of time."""
        customers = list(customers)
        return [
            change
            for at, change in sorted(_changes(self._links), key=lambda dated: dated[0])
            if after < at <= until
            # The whole chain counts, not its end: one split creates several parts at one time.
            and any(change.from_ in _chain(customer, at, self._links) for customer in customers)
        ]


def _chain(customer: str, at: Instant, links: list[LineageLink]) -> list[str]:
    """Returns the Customer, then each Customer that the one before belonged to at a time."""
    into = {link.from_: link.into for link in links if link.holds(at)}
    chain = [customer]
    # Instances with different clocks may have stored a cycle.
    while after := into.pop(chain[-1], None):
        chain.append(after)
    return chain


def _changes(links: list[LineageLink]) -> Iterator[tuple[Instant, LineageChange]]:
    for link in links:
        if link.begin:
            yield link.begin, LineageChange("merged", link.id, link.at, link.from_, link.into)
        if link.end:
            kind, at = ("undone", link.undone_at) if link.undone_at else ("split", link.at)
            yield link.end, LineageChange(kind, link.id, at, link.from_, link.into)
