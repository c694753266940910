"""The home page: the statistics, the latest events, and the state of the service."""

import re
import shlex
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from app.access.api_keys import CONTEXT_READ, EVENTS_READ, IDENTITY_READ
from app.activity.overview import Overview, OverviewReader, Period
from app.activity.record import Record
from app.activity.record_filter import RecordFilter
from app.activity.stream import ActivityStream
from app.errors import Unavailable
from app.http import first_event
from app.http.endpoints import Call
from app.http.web import charts, session
from app.http.web.page import Page, render

MAX_RECORDS = 8
STREAM_TIMEOUT_SECONDS = 0.5
SLOW_SECONDS = 1.0  # of the events in the write queue

_HOST = re.compile(r"[A-Za-z0-9.-]+(:\d+)?|\[[0-9a-fA-F:]+\](:\d+)?")
_NO_KEY = "$WAYPATH_API_KEY"


class Status(Struct, frozen=True):
    """The state of the dependencies of a worker. `has_shared_limit` is None without a storage."""

    is_ready: bool
    queued: int  # events
    queue_seconds: float
    has_shared_limit: bool | None

    @property
    def is_slow(self) -> bool:
        """Whether the events in the write queue take over a second."""
        return self.queue_seconds > SLOW_SECONDS


class HomePages:
    """The home page. `key_file` has the development key, if there is one."""

    def __init__(
        self,
        overviews: OverviewReader,
        stream: ActivityStream,
        status: Callable[[], Status],
        key_file: Path | None,
    ) -> None:
        self._overviews = overviews
        self._stream = stream
        self._status = status
        self._key_file = key_file

    @Page(method="GET", path="/", scope=CONTEXT_READ, allow_stale=True)
    async def home(self, call: Call[None]) -> Response:
        """The search box, the statistics and the last events."""
        scopes = call.api_key.scopes
        overview = conflicts = None
        try:
            overview = await self._overviews.read()
            if IDENTITY_READ in scopes:
                conflicts = await self._overviews.open_conflicts()
        except Unavailable:
            pass  # the page reports it
        records, position = await self._latest() if EVENTS_READ in scopes else ([], "")
        is_first = overview is not None and overview.is_empty and not records
        return render(
            call,
            "home",
            here="/",
            service=self._status(),
            is_first=is_first,
            curl=self._curl(call.request) if is_first else "",
            position=position,
            records=records,
            conflicts=conflicts,
            **_charts(overview),
        )

    async def _latest(self) -> tuple[list[Record], str]:
        """Returns the last records, the newest first, and the position in the stream after them."""
        async with self._stream.subscribe(RecordFilter(), recent=MAX_RECORDS) as subscription:
            batch = await subscription.take(STREAM_TIMEOUT_SECONDS)
            position = self._stream.event_id
        entries = batch.entries if batch else []
        return [entry.record for entry in reversed(entries)][:MAX_RECORDS], position

    def _curl(self, request: Request) -> str:
        """The command for the first event, without an API key in it."""
        host = request.headers.get("host", "")
        address = f"{request.url.scheme}://{host if _HOST.fullmatch(host) else '127.0.0.1:8000'}"
        key_file = self._key_file
        # Only who has the development key gets to know its file.
        if key_file and _read(key_file) == session.key(request):
            return first_event.curl(address, f"$(cat {shlex.quote(str(key_file))})")
        return first_event.curl(address, _NO_KEY)


def _read(file: Path) -> str | None:
    try:
        return file.read_text().strip()
    except OSError:
        return None


def _charts(overview: Overview | None) -> dict[str, Any]:
    if overview is None:
        return {"charts": [], "today": None, "month": None}
    minutes, days = overview.minutes, overview.days
    return {
        "charts": [
            ("minutes", "Events per minute, last hour", charts.stacked(minutes), _rows(minutes)),
            ("days", "Events per day, last 30 days", charts.stacked(days), _rows(days, "%Y-%m-%d")),
        ],
        "today": days[-1],
        "month": Period(
            days[0].at,
            sum(day.stored for day in days),
            sum(day.new_customers for day in days),
            sum(day.rejected for day in days),
        ),
    }


def _rows(periods: Any, form: str = "%H:%M") -> list[tuple[str, Period]]:
    """The periods with their names, the latest first."""
    return [(datetime.fromtimestamp(p.at, UTC).strftime(form), p) for p in reversed(periods)]
