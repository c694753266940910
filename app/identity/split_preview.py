"""The preview of a split: the Identifiers of a Customer, grouped by events that carry several."""

from collections.abc import Iterable
from typing import Annotated

from msgspec import Meta, Struct

from app.domain.disjoint_sets import DisjointSets
from app.graph.graph import Row

MAX_SHARED_NAMES = 100

SharedNames = Annotated[
    list[str],
    Meta(
        max_length=MAX_SHARED_NAMES,
        description="Identifiers (`kind:value`) that connect no others, such as an office's phone. "
        "Those already marked as shared need not be named.",
        examples=[["phone:+14155552671"]],
    ),
]


class SplitQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """Which Identifiers connect no others."""

    shared: SharedNames = []


class Part(Struct, frozen=True, rename="camel"):
    """Identifiers that events carried together, and the number of Touchpoints with one of them."""

    identifiers: list[str]
    touchpoints: int


class SplitPreview(Struct, frozen=True, rename="camel"):
    """The parts that the events imply. `stays` keeps the Identifiers that connect no others.

    Identifiers whose events are all deleted are among these.
    """

    customer_id: str
    stays: Part
    parts: list[Part]


def parts(row: Row, shared: list[str], *, are_all: bool = True) -> list[Part]:
    """The parts of a row of the statement `split_evidence`; the first has the oldest Identifier.

    `shared` are the names of Identifiers that connect no others, besides those marked as shared.
    If the row has all events, those that no event carries do not, either.
    """
    identifiers, events = row["identifiers"], row["events"]
    unconnected = {*shared, *(item["name"] for item in identifiers if item["shared"])}
    if are_all:
        # Without an event that carries it, nothing shows that an identifier is of another person.
        unconnected |= {item["name"] for item in identifiers}.difference(
            name for event in events for name in event["names"]
        )
    names = [item["name"] for item in identifiers if item["name"] not in unconnected]
    parts = [_part(group, events) for group in _groups(names, events)] or [Part([], 0)]
    first, *others = parts
    rest = sum(event["count"] for event in events) - sum(part.touchpoints for part in parts)
    own = [item["name"] for item in identifiers if item["name"] in unconnected]
    return [Part([*first.identifiers, *own], first.touchpoints + rest), *others]


def _groups(names: list[str], events: list[Row]) -> Iterable[list[str]]:
    """The names that came together in events, in their order."""
    sets, connecting = DisjointSets(), set(names)
    for event in events:
        sets.join(connecting.intersection(event["names"]))
    groups: dict[str, list[str]] = {}
    for name in names:
        groups.setdefault(sets.leader(name), []).append(name)
    return groups.values()


def _part(names: list[str], events: list[Row]) -> Part:
    own = set(names)
    return Part(
        names, sum(event["count"] for event in events if not own.isdisjoint(event["names"]))
    )
