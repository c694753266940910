"""The time until the next attempt."""

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
