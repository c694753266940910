"""Commit control: the limit of a commit's rows, and the measured rate."""

import pytest

from app.ingest.commit_control import (
    MAX_COMMIT_ROWS,
    MIN_COMMIT_ROWS,
    SAMPLES,
    STEP_ROWS,
    TARGET_COMMIT_SECONDS,
    CommitLimit,
    CommitRate,
)

FAST, SLOW = TARGET_COMMIT_SECONDS / 2, TARGET_COMMIT_SECONDS * 2


@pytest.fixture
def limit():
    return CommitLimit()


@pytest.fixture
def grown(limit):
    """A limit that is at its largest."""
    for _ in range(10):
        limit.observe(limit.rows, 0, FAST)
    assert limit.rows == MAX_COMMIT_ROWS
    return limit


def test_it_begins_low_and_doubles(limit):
    limit.observe(MIN_COMMIT_ROWS, 0, FAST)

    assert limit.rows == 2 * MIN_COMMIT_ROWS


def test_it_does_not_grow_by_commits_that_do_not_reach_it(limit):
    limit.observe(MIN_COMMIT_ROWS - 1, 0, FAST)

    assert limit.rows == MIN_COMMIT_ROWS


def test_a_slow_commit_halves_it_and_a_fast_one_adds_a_step(grown):
    grown.observe(MAX_COMMIT_ROWS, 0, SLOW)
    assert grown.rows == MAX_COMMIT_ROWS // 2

    grown.observe(MAX_COMMIT_ROWS // 2, SLOW, SLOW + FAST)
    assert grown.rows == MAX_COMMIT_ROWS // 2 + STEP_ROWS


def test_commits_that_ran_at_the_same_time_halve_it_once(grown):
    grown.observe(MAX_COMMIT_ROWS, 0, SLOW)
    grown.observe(MAX_COMMIT_ROWS, 0, SLOW + 0.01)

    assert grown.rows == MAX_COMMIT_ROWS // 2


def test_it_never_falls_below_its_least(limit):
    for number in range(10):
        limit.observe(MIN_COMMIT_ROWS, number, number + SLOW)

    assert limit.rows == MIN_COMMIT_ROWS


def test_of_a_larger_request_the_time_of_the_limits_rows_counts(limit):
    limit.observe(MIN_COMMIT_ROWS * 10, 0, TARGET_COMMIT_SECONDS * 9)

    assert limit.rows == 2 * MIN_COMMIT_ROWS


def test_with_a_full_commit_another_commit_still_runs(grown):
    assert grown.with_running(MAX_COMMIT_ROWS) == MAX_COMMIT_ROWS


def test_with_a_request_above_the_limit_a_small_commit_still_runs(limit):
    assert limit.with_running(MAX_COMMIT_ROWS) == MIN_COMMIT_ROWS


def test_a_rate_is_unknown_until_some_commits_were_measured():
    rate = CommitRate()
    for _ in range(SAMPLES // 2 - 1):
        rate.observe(100, 1.0, 1)

    assert rate.seconds_per_row == 0


def test_commits_that_run_at_once_share_their_time():
    rate = CommitRate()
    for _ in range(SAMPLES):
        rate.observe(100, 1.0, 2)

    assert rate.seconds_per_row == 0.005


def test_a_pause_of_the_database_does_not_move_the_rate():
    rate = CommitRate()
    for _ in range(SAMPLES):
        rate.observe(100, 1.0, 1)
    for _ in range(SAMPLES // 3):
        rate.observe(100, 60.0, 1)

    assert rate.seconds_per_row == 0.01
