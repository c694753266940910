"""The seconds in a `Retry-After` header."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain import retry_after

NOW = datetime(2026, 2, 27, 10, tzinfo=UTC)

# Texts with the form of a date, of which most do not exist.
HUGE = "9" * 20
PARTS = (
    ["", "Tue,", "Tuesday,", "Tue", ","],
    ["31", "0", "-1", "²", HUGE, ","],
    ["Feb", "feb,", "XXX", "12"],
    ["2026", "0000", "0001", "9999", "26", "nan", HUGE, ","],
    ["10:00:00", "10:00", "10.00.00", "99:99:99", f"{HUGE}:00:00", ":"],
    ["GMT", "", "EST", "-0000", "+9999", "-2359", HUGE],
)
DATES = st.tuples(*map(st.sampled_from, PARTS)).map(" ".join)
DIGITS = st.text(st.characters(categories=["N"]), max_size=30)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("120", 120),
        ("0", 0),
        ("007", 7),
        ("Fri, 27 Feb 2026 10:01:40 GMT", 100),
        ("Fri, 27 Feb 2026 10:01:40 +0000", 100),
        ("Fri, 27 Feb 2026 10:01:40", 100),
        ("Friday, 27-Feb-26 10:01:40 GMT", 100),
        ("Fri Feb 27 10:01:40 2026", 100),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 0),
    ],
)
def test_a_number_and_each_form_of_a_date_are_seconds(text, seconds):
    assert retry_after.parse(text, NOW) == seconds


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        " ",
        "-1",
        "1.5",
        "soon",
        "٣",
        "9" * 10,
        "Tue, 31 Feb 2026 10:00:00 GMT",
        "Fri, 27 Feb 2026 25:00:00 GMT",
        "Wed, 99 Oct 99999 07:28:00 GMT",
        "Fri, 27 Feb 99999999999999999999 10:00:00 GMT",
        "Fri, 27 Feb 2026 10:00:00 +9999",
        "31 Feb , 10:00:00 GMT",
    ],
)
def test_an_invalid_header_has_no_seconds(text):
    assert retry_after.parse(text, NOW) is None


@given(st.one_of(DATES, DIGITS, st.text()))
def test_any_header_has_no_seconds_or_at_least_0(text):
    seconds = retry_after.parse(text)

    assert seconds is None or seconds >= 0


def test_the_seconds_of_a_date_are_from_now_by_default():
    at = datetime.now(UTC) + timedelta(seconds=100)

    seconds = retry_after.parse(format_datetime(at, usegmt=True))

    assert seconds is not None
    assert seconds <= 100
