"""Days: Touchpoints as a person reads them, by the day in UTC on which they happened."""

import itertools
from collections.abc import Iterable
from datetime import date

import msgspec
from msgspec import Struct

from app.customers.touchpoints import Touchpoint

_MAX_PREVIEW_CHARACTERS = 160  # characters


class Entry(Struct, frozen=True):
    """A Touchpoint to show: `time` is in UTC, to the second.

    `properties` are laid out in lines with every number, escape and repeated name as it was sent,
    and `preview` is their beginning; both are empty where there are none.
    """

    touchpoint: Touchpoint
    time: str
    properties: str
    preview: str


class Day(Struct, frozen=True):
    """The entries of one day: `date` as ISO 8601 has it, `name` as a person says it."""

    date: str
    name: str
    entries: list[Entry]


def days(touchpoints: Iterable[Touchpoint]) -> list[Day]:
    """The days of Touchpoints that come in the order of their time, in the same order."""
    grouped = itertools.groupby(touchpoints, lambda touchpoint: _split(touchpoint.occurred_at)[0])
    return [Day(day, _name(day), list(map(_entry, group))) for day, group in grouped]


def _entry(touchpoint: Touchpoint) -> Entry:
    raw = bytes(touchpoint.properties)
    # A formatter of tokens: what it lays out was never a number that could lose digits.
    lines = msgspec.json.format(raw, indent=2).decode()
    compact = msgspec.json.format(raw, indent=0).decode()
    has_any = lines != "{}"
    return Entry(
        touchpoint,
        _split(touchpoint.occurred_at)[1],
        lines if has_any else "",
        compact[:_MAX_PREVIEW_CHARACTERS] if has_any else "",
    )


def _split(moment: str) -> tuple[str, str]:
    day, _, time = moment.partition("T")
    return day, time[:8]


def _name(day: str) -> str:
    try:
        parsed = date.fromisoformat(day)
    except ValueError:  # Neo4j knows the years before 1 and after 9999
        return day
    return f"{parsed:%A}, {parsed.day} {parsed:%B} {parsed.year}"
