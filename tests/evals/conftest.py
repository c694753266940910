"""The table of the evaluations, and where they run: one service, and API keys for each task."""

import asyncio

import pytest

from app.access import api_keys
from app.domain import ids
from app.graph.graph import Graph
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


@pytest.fixture
def replay(service_with_clock, database, cypher):
    """Replays a transcript, with API keys of its own."""

    async def run(transcript):
        key, operator_key = await _new_keys(database, transcript.scopes, api_keys.SCOPES)
        environment = Environment(service_with_clock, key, operator_key, cypher)
        await Replay(transcript, environment).run()

    return lambda transcript: asyncio.run(run(transcript))


async def _new_keys(database, *scopes):
    """Creates an API key with each set of scopes, and returns their texts."""
    graph = Graph(database)
    keys = [api_keys.generate() for _ in scopes]
    for key, key_scopes in zip(keys, scopes, strict=True):
        await graph.write(
            "api_key_create",
            id=ids.new_key_id(),
            name="evaluation",
            hash=api_keys.digest(key),
            scopes=list(key_scopes),
            origins=None,
        )
    await graph.close()
    return keys
