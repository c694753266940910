"""Admission: which requests are rejected, by what waits before them."""

import contextlib

import pytest

from app.errors import Overloaded
from app.ingest.admission import FIRST_ROW_BYTES, UNLIMITED_REQUESTS, UNLIMITED_ROWS, Admission
from app.ingest.commit_control import SAMPLES, CommitRate

DEADLINE = 10.0
SECONDS_PER_ROW = 0.001
MANY = UNLIMITED_REQUESTS + 1


@pytest.fixture
def rate():
    rate = CommitRate()
    for _ in range(SAMPLES):
        rate.observe(1, SECONDS_PER_ROW, 1)
    return rate


@pytest.fixture
def admit(rate):
    """Admits requests of a flow, each with as many rows, until the end of the test."""
    admitting = Admission(rate, DEADLINE)
    with contextlib.ExitStack() as stack:

        def enter(flow, *rows):
            for count in rows:
                size = count * FIRST_ROW_BYTES
                stack.enter_context(admitting.admit(flow, size)).settle(count)

        yield enter


def test_behind_little_everything_is_admitted(admit):
    admit("one", *[10] * 50)


def test_behind_more_than_half_a_second_of_others_a_request_is_rejected(admit):
    admit("one", *[501 // MANY + 1] * MANY)

    with pytest.raises(Overloaded):
        admit("one", 1)


def test_behind_few_large_requests_one_waits_for_longer(admit):
    admit("one", *[200] * UNLIMITED_REQUESTS)

    admit("one", 200)


def test_a_write_that_would_wait_past_the_deadline_is_rejected(admit):
    admit("one", 10_001)

    with pytest.raises(Overloaded):
        admit("one", 1)


def test_the_time_to_wait_is_how_long_the_queue_takes_to_be_short_again(admit):
    admit("one", *[200] * UNLIMITED_REQUESTS, 6_600)

    with pytest.raises(Overloaded) as rejected:
        admit("one", 1)

    assert rejected.value.retry_after == 13  # 13,000 rows are 13 s, of which half a one may wait


def test_a_flow_with_a_low_rate_is_admitted_at_any_rate_of_others(admit):
    admit("flood", *[200] * UNLIMITED_REQUESTS, 5_000)

    admit("other", 10)


def test_flows_that_send_alike_wait_for_one_another(admit):
    for number in range(MANY):
        admit(f"flow {number}", 50)

    with pytest.raises(Overloaded):
        admit("flow 0", 1)


def test_ended_work_leaves_the_queue(rate):
    admitting = Admission(rate, DEADLINE)
    with admitting.admit("one", 20_000 * FIRST_ROW_BYTES), pytest.raises(Overloaded):
        admitting.admit("one", 1).__enter__()

    with admitting.admit("one", 1):
        pass


def test_until_its_rows_are_known_they_follow_from_the_size(rate):
    admitting = Admission(rate, DEADLINE, smoothing=1.0)

    with admitting.admit("one", 1000) as first:
        assert first.rows == 1000 / FIRST_ROW_BYTES
        first.settle(100)
        with admitting.admit("one", 1000) as second:
            assert second.rows == 100


def test_without_a_measured_rate_nothing_is_rejected():
    admitting = Admission(CommitRate(), DEADLINE)
    with contextlib.ExitStack() as stack:
        for _ in range(100):
            stack.enter_context(admitting.admit("one", 500 * FIRST_ROW_BYTES))


def test_few_rows_wait_until_the_deadline(rate):
    for _ in range(SAMPLES):
        rate.observe(1, 0.01, 1)
    admitting = Admission(rate, DEADLINE)
    with contextlib.ExitStack() as stack:
        for _ in range(UNLIMITED_ROWS):
            stack.enter_context(admitting.admit("one", 1)).settle(1)
