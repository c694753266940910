"""The filter of a timeline on a page: an event name and days, as the URL has them."""

from collections.abc import Mapping
from datetime import date, timedelta
from urllib.parse import urlencode

from msgspec import Struct

from app.customers.timeline import TimelineQuery
from app.domain import timestamps
from app.domain.validation import FieldErrors

FORM = "must be a day, YYYY-MM-DD, or an ISO 8601 timestamp"
ORDER = "must not be before the first day"
PAGE_TOUCHPOINTS = 50
_DAY_CHARACTERS = 10  # YYYY-MM-DD


class TimelineFilter(Struct, frozen=True):
    """The text of each field, empty without one.

    A day is a day in UTC, and belongs to the filter from its start to its end. A script sends the
    days of another time zone as timestamps: `to` is then exclusive.
    """

    event: str = ""
    from_: str = ""
    to: str = ""

    @property
    def is_active(self) -> bool:
        """Whether it leaves anything out."""
        return bool(self.event or self.from_ or self.to)

    @property
    def start(self) -> str:
        """The first instant, as a timestamp; empty without one."""
        return _start(self.from_)

    @property
    def end(self) -> str:
        """The instant after the last one, as a timestamp; empty without one."""
        day = _day(self.to)
        if day is None:
            return self.to
        return _start((day + timedelta(days=1)).isoformat()) if day < date.max else ""

    @property
    def first_day(self) -> str:
        """The day in UTC of the first instant; empty if there is none."""
        return _utc_day(self.start)

    @property
    def last_day(self) -> str:
        """The day in UTC of the last instant; empty if there is none."""
        return self.to if _day(self.to) else _utc_day(self.end, before=True)

    def query(self, customer: str, cursor: str | None) -> TimelineQuery:
        """Returns the query for a page of the timeline. Raises InvalidPayload."""
        errors = FieldErrors()
        start = errors.parse(self.start, "from", _instant)
        end = errors.parse(self.end, "to", _instant)
        if start and end and end < start:
            errors.add("to", ORDER)
        errors.raise_any()
        return TimelineQuery(
            customer,
            limit=PAGE_TOUCHPOINTS,
            cursor=cursor,
            event=self.event or None,
            from_=self.start or None,
            to=self.end or None,
        )

    def only(self, event: str) -> "TimelineFilter":
        """Returns the filter with this event name, and the same days."""
        return TimelineFilter(event, self.from_, self.to)

    def link(self, **more: str) -> str:
        """Returns the query string of a URL with this filter: `?event=met`; empty without any."""
        fields = {"event": self.event, "from": self.from_, "to": self.to, **more}
        query = urlencode({name: text for name, text in fields.items() if text}, errors="replace")
        return f"?{query}" if query else ""


def from_parameters(parameters: Mapping[str, str]) -> TimelineFilter:
    """Returns the filter in the query parameters of a URL. A blank field counts as absent."""
    event = parameters.get("event", "")
    return TimelineFilter(
        "" if event.isspace() else event,  # a name may begin and end with spaces
        parameters.get("from", "").strip(),
        parameters.get("to", "").strip(),
    )


def _day(text: str) -> date | None:
    # Python reads other forms of ISO 8601 too, such as that of a week.
    if len(text) != _DAY_CHARACTERS or text[4:8:3] != "--":
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _start(text: str) -> str:
    return f"{text}T00:00:00Z" if _day(text) else text


def _instant(text: str) -> timestamps.Instant:
    try:
        return timestamps.parse(text)
    except ValueError:
        raise ValueError(FORM) from None


def _utc_day(text: str, *, before: bool = False) -> str:
    try:
        seconds, nanoseconds = timestamps.parse(text)
        if before and not nanoseconds:
            seconds -= 1
        return timestamps.text((seconds, 0))[:_DAY_CHARACTERS]
    except (ValueError, OverflowError, OSError):
        return ""
