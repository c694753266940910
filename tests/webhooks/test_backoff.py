"""The time until the next attempt."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from app.webhooks import backoff


@pytest.mark.parametrize(
    ("failures", "seconds"), [(1, 5), (2, 10), (3, 20), (8, 640), (9, 900), (10**6, 900)]
)
def test_the_delay_doubles_up_to_a_maximum(failures, seconds):
    assert backoff.delay(failures, jitter=0) == seconds


def test_jitter_leaves_out_up_to_half_of_it():
    delays = {backoff.delay(3) for _ in range(100)}

    assert len(delays) > 1
    assert all(10 <= delay <= 20 for delay in delays)


@pytest.mark.parametrize(("retry_after", "seconds"), [(1, 5), (60, 60), (10**9, 3600)])
def test_the_receiver_may_ask_for_a_longer_delay(retry_after, seconds):
    assert backoff.delay(1, retry_after, jitter=0) == seconds


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        (None, None),
        ("120", 120),
        ("0", 0),
        ("-1", None),
        ("soon", None),
        ("٣", None),
        ("9" * 5000, None),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 0),
        ("Wed, 21 Oct 2015 07:28:00", 0),
        ("Wed, 99 Oct 99999 07:28:00 GMT", None),
    ],
)
def test_the_seconds_of_a_retry_after(text, seconds):
    assert backoff.parse_retry_after(text) == seconds


def test_a_retry_after_may_be_a_date():
    at = datetime.now(UTC) + timedelta(seconds=100)

    seconds = backoff.parse_retry_after(format_datetime(at, usegmt=True))

    assert seconds is not None
    assert 90 < seconds <= 100
