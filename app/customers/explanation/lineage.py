"""Lineage: into whom Customers were merged, and off whom they were split, at any moment."""

from collections.abc import Iterable, Iterator
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from app.domain.timestamps import Instant


class Link(Struct, frozen=True, rename="camel"):
    """That one Customer is of another from `begin` until `end`: merged into it until undone, or
    part of it until split off.

    Without a `begin` it was so from the first, without an `end` it is so now. `at` and `undone_at`
    are when the merge or the split was made and undone, as text.
    """

    is_split: bool
    id: str
    from_: str = msgspec.field(name="from")
    into: str
    begin: Instant | None
    end: Instant | None
    at: str
    undone_at: str | None = None

    def holds(self, moment: Instant) -> bool:
        """Whether the one was of the other at a moment."""
        has_begun = self.begin is None or self.begin <= moment
        return has_begun and (self.end is None or moment < self.end)


class LineageChange(Struct, frozen=True, rename="camel"):
    """What became of a Customer: merged into another, that merge undone, or split off another."""

    kind: Annotated[str, Meta(extra_json_schema={"enum": ["merged", "undone", "split"]})]
    id: Annotated[str, Meta(description="Of the merge or of the split.")]
    at: str
    from_: Annotated[str, Meta(description="Who was merged or split off.")] = msgspec.field(
        name="from"
    )
    into: Annotated[str, Meta(description="Into whom, or off whom.")]


class Lineage:
    """What links Customers."""

    def __init__(self, links: Iterable[Link]) -> None:
        self._links = list(links)

    def whole(self, customer: str, moment: Instant) -> str:
        """The Customer itself, or the one of whom it was still a part at a moment."""
        return _chain(customer, moment, [link for link in self._links if link.is_split])[-1]

    def root(self, customer: str, moment: Instant) -> str:
        """The Customer who stood for another one at a moment; it may be that one itself."""
        return _chain(customer, moment, self._links)[-1]

    def changes(
        self, customers: Iterable[str], after: Instant, until: Instant
    ) -> list[LineageChange]:
        """What changed who stands for any of these Customers, in the order of time."""
        concerned = list(customers)
        return [
            change
            for moment, change in sorted(_changes(self._links), key=lambda each: each[0])
            if after < moment <= until
            # By the chain and not by its end: a split parts several at one moment.
            and any(change.from_ in _chain(each, moment, self._links) for each in concerned)
        ]


def _chain(customer: str, moment: Instant, links: list[Link]) -> list[str]:
    """The Customer, of whom it was at a moment, and so on to the end."""
    into = {link.from_: link.into for link in links if link.holds(moment)}
    found = [customer]
    # Instances whose clocks disagree may have recorded a circle.
    while after := into.pop(found[-1], None):
        found.append(after)
    return found


def _changes(links: list[Link]) -> Iterator[tuple[Instant, LineageChange]]:
    for link in links:
        if link.begin:
            yield link.begin, LineageChange("merged", link.id, link.at, link.from_, link.into)
        if link.end:
            kind, at = ("undone", link.undone_at) if link.undone_at else ("split", link.at)
            yield link.end, LineageChange(kind, link.id, at, link.from_, link.into)
