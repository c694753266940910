"""The parts of a Customer: its Identifiers by which of them came together in events."""

from typing import Annotated

from msgspec import Meta, Struct

from app.graph.graph import Row

SHARED_COUNT = 100

SharedNames = Annotated[
    list[str],
    Meta(
        max_length=SHARED_COUNT,
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
    """The Identifiers by who came together with whom; the one with the oldest comes first."""
    apart = {*shared, *(each["name"] for each in row["identifiers"] if each["shared"])}
    own = [each["name"] for each in row["identifiers"] if each["name"] not in apart]
    together = {name: {name} for name in own}
    for event in row["events"]:
        names = [name for name in event["names"] if name in together]
        merged = set[str]().union(*(together[name] for name in names))
        together |= dict.fromkeys(merged, merged)
    found = {id(group): group for group in together.values()}  # in the order of the oldest
    parts = [_part(group, own, row["events"]) for group in found.values()] or [Part([], 0)]
    rest = sum(event["count"] for event in row["events"]) - sum(each.touchpoints for each in parts)
    first = Part(
        [
            *parts[0].identifiers,
            *(each["name"] for each in row["identifiers"] if each["name"] in apart),
        ],
        parts[0].touchpoints + rest,
    )
    return [first, *parts[1:]]


def _part(group: set[str], own: list[str], events: list[Row]) -> Part:
    touchpoints = sum(event["count"] for event in events if not group.isdisjoint(event["names"]))
    return Part([name for name in own if name in group], touchpoints)
