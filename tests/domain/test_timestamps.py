import time
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain import timestamps

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
EARLIEST, LATEST = -62_135_596_800, 253_402_300_799  # of the years that Python knows
OFFSETS = st.integers(-18 * 60, 18 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))

REAL = [
    "2026-04-29T10:14:32Z",
    "2026-04-29T10:14:32.1Z",
    "2026-04-29T10:14:32.123456789Z",
    "2026-04-29T10:14:32+00:00",
    "2026-04-29T10:14:32-00:00",
    "2026-04-29T10:14:32+18:00",
    "2026-04-29T10:14:32-17:59",
    "2024-02-29T23:59:59Z",
    "0001-01-01T00:00:00Z",
    "9999-12-31T23:59:59.999999999-18:00",
]

REFUSED = [
    "2026-04-29",
    "2026-04-29T10:14:32",
    "2026-04-29 10:14:32Z",
    "2026-04-29t10:14:32z",
    "2026-04-29T10:14Z",
    "20260429T101432Z",
    "2026-04-29T10:14:32.Z",
    "2026-04-29T10:14:32,5Z",
    "2026-04-29T10:14:32.1234567890Z",
    "2026-04-29T10:14:32+0200",
    "2026-04-29T10:14:32+02",
    "2026-04-29T10:14:32+18:01",
    "2026-04-29T10:14:32+02:60",
    "2026-04-29T10:14:32 +02:00",
    "2026-04-29T10:14:32Z ",
    " 2026-04-29T10:14:32Z",
    "2026-04-29T10:14:32Z\n",
    "2026-04-29T10:14:32[Europe/Paris]",
    "2026-02-29T00:00:00Z",
    "2026-02-30T00:00:00Z",
    "2026-13-01T00:00:00Z",
    "2026-00-01T00:00:00Z",
    "2026-04-00T00:00:00Z",
    "2026-04-29T24:00:00Z",
    "2026-04-29T23:60:00Z",
    "2026-12-31T23:59:60Z",
    "+2026-04-29T10:14:32Z",
    "-2026-04-29T10:14:32Z",
    "12026-04-29T10:14:32Z",
    "٢٠٢٦-04-29T10:14:32Z",
    "1777457672",
    "yesterday",
]


@pytest.mark.parametrize("timestamp", REAL)
def test_a_real_time_in_the_strict_form_is_accepted(timestamp):
    assert len(timestamps.parse(timestamp)) == 2


@pytest.mark.parametrize("timestamp", REFUSED)
def test_anything_else_is_rejected(timestamp):
    with pytest.raises(ValueError, match="must be ISO 8601|must have a (time|day|UTC offset)"):
        timestamps.parse(timestamp)


@given(st.datetimes(timezones=st.just(UTC) | OFFSETS))
def test_every_time_that_python_writes_is_read_as_python_reads_it(moment):
    seconds, nanoseconds = timestamps.parse(moment.isoformat())

    assert EPOCH + timedelta(seconds=seconds, microseconds=nanoseconds // 1000) == moment


@given(st.from_regex(r"\A\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\Z"))
def test_a_time_is_taken_just_where_the_calendar_has_it(text):
    try:
        datetime.fromisoformat(text)
        is_real = text.isascii()
    except ValueError:
        is_real = text.isascii() and text.startswith("0000") and _is_real(f"2000{text[4:]}")

    assert _is_taken(text) == is_real


def test_now_is_the_same_time_as_text_and_as_an_instant():
    text, instant = timestamps.now()

    assert timestamps.parse(text) == instant
    assert abs(instant[0] - time.time()) < 60


@given(st.integers(EARLIEST, LATEST), st.integers(0, 999_999_999))
def test_the_text_of_an_instant_is_read_as_that_instant(seconds, nanoseconds):
    assert timestamps.parse(timestamps.text((seconds, nanoseconds))) == (seconds, nanoseconds)


def test_the_text_of_an_instant_is_that_of_neo4j(cypher):
    instants = [(seconds, 0) for seconds in (EARLIEST, -1, 0, 60, LATEST)]
    instants += [(1_795_585_415, 685_040_000 // 10**shift) for shift in range(9)]

    rows = cypher(
        "UNWIND $instants AS it RETURN toString(datetime.fromepoch(it[0], it[1])) AS text",
        instants=instants,
    )

    assert [row["text"] for row in rows] == [timestamps.text(instant) for instant in instants]


def _is_taken(text):
    try:
        return bool(timestamps.parse(text))
    except ValueError:
        return False


def _is_real(text):
    try:
        return bool(datetime.fromisoformat(text))
    except ValueError:
        return False
