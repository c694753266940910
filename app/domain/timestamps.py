"""Timestamps in the strict form of ISO 8601 that the contract defines."""

import re
import time
from datetime import UTC, date, datetime
from functools import lru_cache

Instant = tuple[int, int]  # seconds since 1970 in UTC, and nanoseconds

_STRICT = re.compile(
    r"(\d{4}-\d{2}-\d{2})T(\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,9}))?(?:Z|([+-]\d{2}:\d{2}))",
    re.ASCII,
)
# The same for JSON Schema: a blank field counts as absent.
PATTERN = rf"^\s*$|^{_STRICT.pattern}$"
FORM = "must be ISO 8601: YYYY-MM-DDTHH:MM:SS[.fraction], then Z or ±HH:MM"

_DAY = 24 * 3600
_EPOCH = date(1970, 1, 1).toordinal()


def parse(timestamp: str) -> Instant:
    """Returns the instant of a `timestamp`.

    The form is `YYYY-MM-DDTHH:MM:SS`, an optional fraction of 1 to 9 digits, then `Z` or an
    offset `±HH:MM` of at most 18:00. Raises ValueError with a message for the client.
    """
    match = _STRICT.fullmatch(timestamp)
    if match is None:
        raise ValueError(FORM)
    day, hour, minute, second, fraction, offset = match.groups()
    if hour > "23" or minute > "59" or second > "59":
        raise ValueError("must have a time from 00:00:00 to 23:59:59")
    seconds = _midnight(day) + int(hour) * 3600 + int(minute) * 60 + int(second)
    if offset:
        seconds -= _ahead(offset)
    return seconds, int(fraction.ljust(9, "0")) if fraction else 0


# Most timestamps belong to a few days.
@lru_cache(maxsize=4096)
def _midnight(day: str) -> int:
    if day.startswith("0000"):
        # Python has no year 0; the calendar repeats after 400 years.
        return _midnight(f"0400{day[4:]}") - 146_097 * _DAY
    try:
        return (date.fromisoformat(day).toordinal() - _EPOCH) * _DAY
    except ValueError:
        raise ValueError("must have a day that exists") from None


def _ahead(offset: str) -> int:
    if offset[4:] > "59" or offset[1:] > "18:00":
        raise ValueError("must have a UTC offset of at most ±18:00")
    ahead = int(offset[1:3]) * 3600 + int(offset[4:]) * 60
    return -ahead if offset[0] == "-" else ahead


def now() -> tuple[str, Instant]:
    """Returns the current time in UTC, in microseconds: in the strict form, and as an instant."""
    seconds, microseconds = divmod(time.time_ns() // 1000, 1_000_000)
    instant = seconds, microseconds * 1000
    return text(instant), instant


def text(instant: Instant) -> str:
    """Returns an instant in the strict form in UTC, without trailing zeros, as Neo4j does."""
    seconds, nanoseconds = instant
    if not nanoseconds:
        return f"{_second(seconds)}Z"
    return f"{_second(seconds)}.{nanoseconds:09}".rstrip("0") + "Z"


@lru_cache(maxsize=64)
def _second(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).replace(tzinfo=None).isoformat()
