"""The live page: the events that arrive, and its stream."""

from typing import Any

import msgspec
from msgspec import Struct
from starlette.responses import Response

from app.access.api_keys import EVENTS_READ
from app.activity.record import Record
from app.activity.record_filter import RecordFilter
from app.activity.stream import ActivityStream
from app.http.endpoints import Call
from app.http.live_feed import LiveFeed, LiveQuery
from app.http.web import session
from app.http.web.page import Page, render

MAX_ROWS = 100
TIMEOUT_SECONDS = 1.0


class Row(Struct, frozen=True):
    """A record to show: its time of day in UTC, and its payload as indented JSON."""

    record: Record
    clock: str
    payload: str


class LivePages:
    """The page that shows events as they arrive."""

    def __init__(self, stream: ActivityStream, feed: LiveFeed) -> None:
        self._stream = stream
        self._feed = feed

    @Page(method="GET", path="/live", scope=EVENTS_READ, allow_stale=True, query=RecordFilter)
    async def live(self, call: Call[RecordFilter]) -> Response:
        """The last records, the newest first. A script adds the next ones."""
        async with self._stream.subscribe(call.payload, recent=MAX_ROWS) as subscription:
            batch = await subscription.take(TIMEOUT_SECONDS)
            position = self._stream.event_id
        entries = batch.entries if batch else []
        return render(
            call,
            "live",
            filter=call.payload,
            rows=[_row(entry.record) for entry in reversed(entries)],
            position=position,
            coverage=self._stream.coverage,
            query=_query(call.payload),
        )

    @Page(method="GET", path="/live/stream", scope=EVENTS_READ, allow_stale=True, query=LiveQuery)
    async def stream(self, call: Call[LiveQuery]) -> Response:
        """The stream of the page."""
        return self._feed.open(call, session.key(call.request))


def _row(record: Record) -> Row:
    # It formats tokens and converts no number, so that no digit is lost.
    payload = msgspec.json.format(bytes(record.payload), indent=2).decode()
    return Row(record, record.time[11:23], payload)


def _query(record_filter: RecordFilter) -> dict[str, Any]:
    """Returns the parameters of the URL that have this filter."""
    values = {
        "event": record_filter.event,
        "customer": record_filter.customer,
        "rejected": "true" if record_filter.rejected else None,
    }
    return {name: value for name, value in values.items() if value}
