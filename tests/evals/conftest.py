"""The table of the evaluations, and where they run: one service, and API keys for each task."""

import asyncio

import pytest

from app.access import api_keys
from app.domain import ids
from app.graph import statements
from tests.support.evals import report, service
from tests.support.evals.replay import Environment, Replay


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--tasks", action="store_true", help="print a table of the evaluated tasks")


def pytest_terminal_summary(terminalreporter, config):
    if config.getoption("--tasks", default=False):
        for line in report.lines(terminalreporter.stats):
            terminalreporter.write_line(line)


@pytest.fixture(scope="session")
def service_with_clock(database):
    with service.running(database) as running:
        yield running


@pytest.fixture(scope="session")
def new_key(service_with_clock, cypher):
    """Creates an API key with scopes, and returns its text."""
    statement = statements.load("write")["api_key_create"].text

    def create(scopes):
        key = api_keys.generate()
        cypher(
            statement,
            id=ids.new_key_id(),
            name="evaluation",
            hash=api_keys.digest(key),
            scopes=list(scopes),
            origins=None,
        )
        return key

    return create


@pytest.fixture
def replay(service_with_clock, new_key, cypher):
    """Replays a transcript, with API keys of its own."""

    def run(transcript):
        keys = new_key(transcript.scopes), new_key(api_keys.SCOPES)
        environment = Environment(service_with_clock, *keys, cypher)
        asyncio.run(Replay(transcript, environment).run())

    return run
