"""`python -m app prune`, on the test database while a service runs."""

from functools import partial

import pytest

from tests.support.old_events import RECENT

pytestmark = [pytest.mark.alone, pytest.mark.usefixtures("turn")]
pytest_plugins = ["tests.support.pruning"]

DAYS = "36500"


@pytest.fixture
def prune_command(cli):
    """Runs the command, with what is typed at its question."""
    return partial(cli, "prune")


@pytest.fixture
def customer(send_old, ingest):
    """A Customer with three old events and a recent one."""
    customer = send_old(3, timestamp="1901-01-01T00:00:00Z")[0]["customerId"]
    ingest(customer=customer, timestamp=RECENT)
    return customer


def test_it_deletes_what_is_older_than_the_setting_without_a_question(
    prune_command, customer, ages
):
    run = prune_command(WAYPATH_RETENTION=DAYS)

    assert (run.returncode, ages(customer)) == (0, [RECENT]), run.stderr
    assert run.stdout.splitlines()[1].startswith("3 Touchpoints deleted, which occurred before 19")


def test_a_dry_run_counts_them_and_deletes_none(prune_command, customer, ages):
    run = prune_command("--dry-run", WAYPATH_RETENTION=DAYS)

    assert (run.returncode, len(ages(customer))) == (0, 4)
    assert run.stdout.startswith("3 Touchpoints occurred before 19")
    assert run.stdout.endswith(", the oldest at 1901-01-01T00:00:00Z\n")


def test_it_asks_before_it_deletes_what_is_older_than_an_option(prune_command, customer, ages):
    run = prune_command("--older-than", DAYS, stdin="n\n")

    assert (run.returncode, len(ages(customer))) == (1, 4)
    assert "Delete 3 Touchpoints permanently? [y/N]" in run.stderr


def test_a_yes_deletes_them(prune_command, customer, ages):
    run = prune_command("--older-than", DAYS, "--yes")

    assert (run.returncode, ages(customer)) == (0, [RECENT])


def test_without_old_touchpoints_it_asks_nothing(prune_command):
    run = prune_command("--older-than", DAYS)

    assert (run.returncode, run.stdout.partition(" occurred")[0]) == (0, "0 Touchpoints")


def test_it_needs_a_number_of_days(prune_command):
    run = prune_command()

    assert run.returncode == 2
    assert "set --older-than or WAYPATH_RETENTION" in run.stderr


@pytest.mark.parametrize("days", ["0", "36501", "soon"])
def test_the_number_of_days_is_bounded(prune_command, days):
    assert prune_command("--older-than", days).returncode == 2


def test_without_the_database_it_is_not_finished(prune_command, free_port):
    run = prune_command(WAYPATH_RETENTION=DAYS, NEO4J_URI=f"bolt://127.0.0.1:{free_port}")

    assert run.returncode == 3
