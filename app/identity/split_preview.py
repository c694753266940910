"""The parts of a Customer: its Identifiers by which of them came together in events."""

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
        description="The Identifiers (`kind:value`) that connect nobody: an office's phone, say. "
        "Those that are marked as shared already need not be named.",
        examples=[["phone:+14155552671"]],
    ),
]


class SplitQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """What is not to count as a connection."""

    shared: SharedNames = []


class Part(Struct, frozen=True, rename="camel"):
    """Identifiers that came together in events, and how many Touchpoints carry one of them."""

    identifiers: list[str]
    touchpoints: int


class SplitPreview(Struct, frozen=True, rename="camel"):
    """The parts that the recorded events imply. The first stays, with all that connects nobody."""

    customer_id: str
    stays: Part
    parts: list[Part]


def parts(row: Row, shared: list[str]) -> list[Part]:
    """The parts of a row of the statement `customer_parts`; the first has the oldest Identifier.

    `shared` are the names of Identifiers that connect no others, besides those marked as shared.
    """
    identifiers, events = row["identifiers"], row["events"]
    unconnected = {*shared, *(item["name"] for item in identifiers if item["shared"])}
    names = [item["name"] for item in identifiers if item["name"] not in unconnected]
    parts = [_part(group, events) for group in _groups(names, events)] or [Part([], 0)]
    first, *others = parts
    rest = sum(event["count"] for event in events) - sum(part.touchpoints for part in parts)
    kept = [item["name"] for item in identifiers if item["name"] in unconnected]
    return [Part([*first.identifiers, *kept], first.touchpoints + rest), *others]


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
