"""Timestamps: the strict form of ISO 8601 that an event may carry."""

import re
from datetime import UTC, date, datetime
from functools import lru_cache

Instant = tuple[int, int]  # seconds since 1970 in UTC, and nanoseconds

_STRICT = re.compile(
    r"(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,9}))?(?:Z|([+-]\d{2}:\d{2}))",
    re.ASCII,
)
# The same for JSON Schema, where a field that is blank counts as absent.
PATTERN = rf"^\s*$|^{_STRICT.pattern}$"
_EPOCH = date(1970, 1, 1).toordinal()


def parse(timestamp: str) -> Instant:
    """The instant of a `timestamp`, which must be a real moment in the strict form.

    The form is `YYYY-MM-DDTHH:MM:SS`, an optional fraction of 1 to 9 digits, then `Z` or an
    offset `±HH:MM` of 18:00 at the most. Raises ValueError with a message for the caller.
    """
    match = _STRICT.fullmatch(timestamp)
    if match is None:
        raise ValueError("must be YYYY-MM-DDTHH:MM:SS[.fraction] and then Z or ±HH:MM")
    year, month, day, hour, minute, second = map(int, match.groups()[:6])
    if hour > 23 or minute > 59 or second > 59:
        raise ValueError("names a time of day that does not exist")
    fraction, offset = match[7] or "", match[8] or "+00:00"
    if offset[4:] > "59" or offset[1:] > "18:00":
        raise ValueError("has an offset from UTC beyond 18:00")
    seconds = (_day(year, month, day) * 24 + hour) * 3600 + minute * 60 + second
    ahead = int(offset[1:3]) * 3600 + int(offset[4:]) * 60
    return seconds + (ahead if offset[0] == "-" else -ahead), int(fraction.ljust(9, "0"))


# Most timestamps are of a few days.
@lru_cache(maxsize=4096)
def _day(year: int, month: int, day: int) -> int:
    # Python knows no year 0; the calendar repeats itself after 400 years.
    if year == 0:
        return _day(400, month, day) - 146_097
    try:
        return date(year, month, day).toordinal() - _EPOCH
    except ValueError:
        raise ValueError("names a day that does not exist") from None


def now() -> tuple[str, Instant]:
    """This moment in UTC, to the microsecond: in the strict form, and as an instant."""
    moment = datetime.now(UTC)
    instant = int(moment.timestamp()), moment.microsecond * 1000
    return text(instant), instant


def text(instant: Instant) -> str:
    """An instant in the strict form in UTC, with no more digits than it needs, as Neo4j has it."""
    seconds, nanoseconds = instant
    moment = datetime.fromtimestamp(seconds, UTC).replace(tzinfo=None).isoformat()
    fraction = f"{nanoseconds:09}".rstrip("0")
    return f"{moment}.{fraction}Z" if fraction else f"{moment}Z"
