"""The page of the sizing has the numbers of the constants."""

import re

import pytest
from click.testing import CliRunner

from app.cli.size import size_command
from app.sizing import constants
from app.sizing.forecast import UTILISATION
from tests.support.checkout import CHECKOUT
from tests.support.docs_tables import table

PAGE = (CHECKOUT / "docs" / "how-to" / "operate" / "sizing.md").read_text()


def test_it_has_the_output_of_its_command():
    (arguments,) = re.findall(r"^waypath size (.*)$", PAGE, re.MULTILINE)
    output = CliRunner().invoke(size_command, arguments.split()).output

    assert f"```text\n{output}```" in PAGE


@pytest.fixture
def capacities():
    return dict(table(PAGE, "Unit"))


@pytest.mark.parametrize(
    ("unit", "cost"),
    [
        ("one worker, single events", lambda measured: measured.single.service),
        ("one worker, batches", lambda measured: measured.batch.service),
        ("one core of Neo4j, single events", lambda measured: measured.single.neo4j),
        ("one core of Neo4j, batches", lambda measured: measured.batch.neo4j),
    ],
)
def test_it_has_the_rate_of_a_unit(capacities, unit, cost):
    rate = UTILISATION * 1e6 / cost(constants.load())

    assert capacities[unit] == f"{rate:,.0f} events/s"


@pytest.mark.parametrize(
    ("unit", "size"),
    [
        ("one gigabyte of disk, Touchpoints", lambda measured: measured.touchpoint),
        ("one gigabyte of disk, people without Touchpoints", lambda measured: measured.person),
        ("one gigabyte of page cache, Touchpoints", lambda measured: measured.index),
    ],
)
def test_it_has_the_number_in_a_gigabyte(capacities, unit, size):
    assert capacities[unit] == f"{1e3 / size(constants.load()):,.1f} million"
