"""Fixtures of the scenarios: their volumes, a service, and the table at the end."""

import random

import pytest

from tests.support.faults.scenario import LONG, Amounts, Scenario
from tests.support.faults.service import Service

HEADINGS = ("scenario", "acked", "faults", "missing", "doubled", "slowest s", "recovery s", "503s")
SCENARIOS = pytest.StashKey[list[Scenario]]()
SEED = pytest.StashKey[int]()


def pytest_addoption(parser):
    group = parser.getgroup("faults")
    group.addoption("--long", action="store_true", help="many faults of each kind, not few")
    group.addoption("--seed", type=int, help="repeat the choices of a run that said this seed")


def pytest_configure(config):
    seed = config.option.seed
    config.stash[SEED] = random.randrange(10**6) if seed is None else seed
    config.stash[SCENARIOS] = []


def pytest_report_header(config):
    return f"faults: --seed {config.stash[SEED]}{' --long' if config.option.long else ''}"


def pytest_terminal_summary(terminalreporter, config):
    rows = [scenario.row() for scenario in config.stash[SCENARIOS]]
    total = sum(row[1] for row in rows), sum(row[2] for row in rows)
    terminalreporter.section(f"faults, --seed {config.stash[SEED]}")
    for name, *figures in [HEADINGS, *rows, ("all", *total)]:
        terminalreporter.line(f"{name:<72}" + "".join(f"{figure:>11}" for figure in figures))


@pytest.fixture(scope="session")
def amounts(pytestconfig):
    return LONG if pytestconfig.option.long else Amounts()


@pytest.fixture
def rng(request):
    """The choices of a test, which the seed repeats."""
    return random.Random(f"{request.config.stash[SEED]}-{request.node.name}")


@pytest.fixture
def scenario(request, amounts):
    """The scenario of a test, which is in the table even if it fails."""
    config = request.config
    name = request.node.name.removeprefix("test_")
    scenario = Scenario(name, config.stash[SEED], amounts)
    config.stash[SCENARIOS].append(scenario)
    return scenario


@pytest.fixture(scope="module")
def service(tmp_path_factory, database, api_key):
    """Makes a service on the database of the tests; `variables` are settings of its own.

    It lives as long as its module runs.
    """
    services = []

    def make(**variables):
        directory = tmp_path_factory.mktemp("service")
        services.append(Service(directory, database, api_key, **variables))
        return services[-1]

    yield make
    for instance in services:
        instance.end()


@pytest.fixture(scope="session")
def embedded_service(tmp_path_factory):
    """A service on an embedded Neo4j of its own, which it starts itself."""
    service = Service(tmp_path_factory.mktemp("embedded"))
    yield service
    service.end()
