"""Lineage: the merges and splits that link Customers, at any point in time."""

from collections.abc import Iterable, Iterator
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from app.domain.timestamps import Instant


class LineageLink(Struct, frozen=True, rename="camel"):
    """One Customer belongs to another from `begin` until `end`: merged into it until the merge is
    undone, or part of it until it is split off.

    Without a `begin` it did from the first, without an `end` it does now. `at` and `undone_at` are
    when the merge or the split was made and undone, as text.
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
        """Whether the one belonged to the other at a moment."""
        has_begun = self.begin is None or self.begin <= moment
        return has_begun and (self.end is None or moment < self.end)


class LineageChange(Struct, frozen=True, rename="camel"):
    """A change of a Customer: merged into another, that merge undone, or split off another."""

    kind: Annotated[str, Meta(extra_json_schema={"enum": ["merged", "undone", "split"]})]
    id: Annotated[str, Meta(description="Of the merge or of the split.")]
    at: str
    from_: Annotated[str, Meta(description="Who was merged or split off.")] = msgspec.field(
        name="from"
    )
    into: Annotated[str, Meta(description="Into whom, or off whom.")]


class Lineage:
    """Who belongs to whom at a moment, by the links of Customers."""

    def __init__(self, links: Iterable[LineageLink]) -> None:
        self._links = list(links)

    def unsplit(self, customer: str, moment: Instant) -> str:
        """The Customer itself, or the one from which it was not yet split at a moment."""
        return _chain(customer, moment, [link for link in self._links if link.is_split])[-1]

    def survivor(self, customer: str, moment: Instant) -> str:
        """The surviving Customer of another one at a moment; it may be that one itself."""
        return _chain(customer, moment, self._links)[-1]

    def changes(
        self, customers: Iterable[str], after: Instant, until: Instant
    ) -> list[LineageChange]:
        """The changes of the survivors of these Customers, in the order of time."""
        customers = list(customers)
        return [
            change
            for moment, change in sorted(_changes(self._links), key=lambda dated: dated[0])
            if after < moment <= until
            # By the chain and not by its end: a split parts several at one moment.
            and any(change.from_ in _chain(customer, moment, self._links) for customer in customers)
        ]


def _chain(customer: str, moment: Instant, links: list[LineageLink]) -> list[str]:
    """The Customer, the one to whom it belonged at a moment, and so on to the end."""
    into = {link.from_: link.into for link in links if link.holds(moment)}
    chain = [customer]
    # Instances whose clocks disagree may have recorded a circle.
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
