"""The view of a timeline: Touchpoints grouped by their day in UTC."""

import itertools
from collections.abc import Iterable
from datetime import date

import msgspec
from msgspec import Struct

from app.customers.timeline import Timeline
from app.customers.touchpoints import Touchpoint
from app.domain import pagination, timestamps
from app.http.web.property_table import PropertyTable, property_table
from app.http.web.timeline_filter import PAGE_TOUCHPOINTS, TimelineFilter

_MAX_PREVIEW_CHARACTERS = 160  # characters


class Entry(Struct, frozen=True):
    """A Touchpoint to show: `time` is in UTC, to the second.

    `json` is the whole Touchpoint as indented JSON, with each number, escape and repeated name of
    its properties as in the request. `preview` is the beginning of the properties; empty if the
    event has none.
    """

    touchpoint: Touchpoint
    time: str
    table: PropertyTable
    json: str
    preview: str


class Day(Struct, frozen=True):
    """The entries of one day: `date` in ISO 8601, `name` for the reader."""

    date: str
    name: str
    entries: list[Entry]


class TimelineView(Struct, frozen=True):
    """A page of a timeline. `older` is the query string of the next page; empty on the last one.

    `searched_to` is the time at which a bounded search for events ended; empty if it did not.
    """

    customer_id: str
    days: list[Day]
    older: str
    searched_to: str


def timeline_view(timeline: Timeline, shown: TimelineFilter) -> TimelineView:
    """Returns the view of a page of a timeline that has a filter."""
    cursor = timeline.next_cursor
    is_search = cursor and shown.event and len(timeline.touchpoints) < PAGE_TOUCHPOINTS
    return TimelineView(
        timeline.customer_id,
        days(timeline.touchpoints),
        shown.link(cursor=cursor) if cursor else "",
        timestamps.text(_time_of(cursor)) if cursor and is_search else "",
    )


def _time_of(cursor: str) -> timestamps.Instant:
    seconds, nanoseconds = pagination.decode_time(cursor)["at"]
    return seconds, nanoseconds


def days(touchpoints: Iterable[Touchpoint]) -> list[Day]:
    """Returns the days of Touchpoints that are in the order of time, in the same order."""
    grouped = itertools.groupby(touchpoints, lambda touchpoint: _split(touchpoint.occurred_at)[0])
    return [Day(day, _name(day), list(map(entry, group))) for day, group in grouped]


def entry(touchpoint: Touchpoint) -> Entry:
    """Returns the entry of a Touchpoint."""
    raw = bytes(touchpoint.properties)
    # It formats tokens and converts no number, so that no digit is lost.
    compact = msgspec.json.format(raw, indent=0).decode()
    return Entry(
        touchpoint,
        _split(touchpoint.occurred_at)[1],
        property_table(raw),
        msgspec.json.format(_encode(touchpoint), indent=2).decode(),
        compact[:_MAX_PREVIEW_CHARACTERS] if compact != "{}" else "",
    )


def _encode(touchpoint: Touchpoint) -> bytes:
    # An explanation is a Touchpoint with more fields.
    fields = {name: getattr(touchpoint, name) for name in Touchpoint.__struct_fields__}
    return msgspec.json.encode(Touchpoint(**fields))


def _split(timestamp: str) -> tuple[str, str]:
    day, _, time = timestamp.partition("T")
    return day, time[:8]


def _name(day: str) -> str:
    try:
        parsed = date.fromisoformat(day)
    except ValueError:  # Neo4j has years before 1 and after 9999
        return day
    return f"{parsed:%A}, {parsed.day} {parsed:%B} {parsed.year}"
