"""The header `Retry-After` of a response (RFC 9110, section 10.2.3)."""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

MAX_DIGITS = 9  # of the seconds, so that any number is safe to add and to format


def parse(text: str | None, now: datetime | None = None) -> float | None:
    """Returns the seconds to wait: the header has their number, or a date. A past date is 0.

    Returns None if the header is absent, or has neither.
    """
    if text is None:
        return None
    if text.isascii() and text.isdigit():
        return float(text) if len(text) <= MAX_DIGITS else None
    try:
        at = parsedate_to_datetime(text)
    except (ValueError, OverflowError, IndexError):  # IndexError: in early versions of Python 3.11
        return None
    if at.tzinfo is None:
        at = at.replace(tzinfo=UTC)
    return max(0.0, (at - (now or datetime.now(UTC))).total_seconds())
