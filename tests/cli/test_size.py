"""`python -m app size`."""

import pytest
from click.testing import CliRunner

from app.cli.size import size_command


@pytest.fixture
def size(monkeypatch):
    """Runs the command with arguments, and with WAYPATH_RETENTION if it is given."""

    def run(*arguments, retention=""):
        monkeypatch.setenv("WAYPATH_RETENTION", retention)
        return CliRunner().invoke(size_command, arguments)

    return run


def test_it_prints_the_forecast(size):
    run = size("--events-per-day", "8640000", "--people", "1000000", "--retention", "365")

    lines = dict(line.split(":", 1) for line in run.output.splitlines())
    assert run.exit_code == 0
    assert lines["average rate"].strip() == "100.0 events/s"
    assert lines["peak rate"].strip() == "400.0 events/s"
    assert lines["Touchpoints"].strip() == "3,153,600,000"
    assert {"workers", "Neo4j cores", "memory, Neo4j", "disk", "Kafka partitions"} <= lines.keys()
    assert next(reversed(lines)).startswith("measured on 20")


def test_the_retention_of_the_setting_is_the_default(size):
    run = size("--events-per-day", "1000", "--people", "10", retention="30")

    assert "30,000" in run.output


def test_it_needs_a_retention(size):
    run = size("--events-per-day", "1000", "--people", "10")

    assert run.exit_code == 2
    assert "set --retention or WAYPATH_RETENTION" in run.output


def test_it_needs_no_valid_database(size, monkeypatch):
    monkeypatch.setenv("NEO4J_URI", "bolt://127.0.0.1:1")

    assert size("--events-per-day", "1", "--people", "1", "--retention", "1").exit_code == 0
