"""Which errors of a statement are repeated until the deadline."""

import pytest
from neo4j.exceptions import ClientError

from app.errors import DatabaseTimeout, Unavailable
from app.graph.bolt.errors import LOST_RACE
from app.graph.graph import Graph
from app.graph.statements import Statement
from app.observability.metrics import Metrics
from tests.support.metrics import parse, value

pytestmark = pytest.mark.anyio


@pytest.fixture
def metrics():
    return Metrics()


@pytest.fixture
async def graph(database, metrics):
    """A graph that counts its retries, and repeats a statement for a second at most."""
    graph = Graph(database, 1.0, metrics)
    yield graph
    await graph.close()


@pytest.fixture
def lost_races(metrics):
    """How many attempts were repeated after a lost race."""
    return lambda: value(parse(metrics.render().decode()), "statement_retries_total", reason="race")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("UNWIND [0] AS zero RETURN 1 / zero", "by zero"),
        ("UNWIND ['mars'] AS crs RETURN point({x: 0, y: 0, crs: crs})", "mars"),
    ],
)
async def test_a_statement_that_cannot_be_computed_is_not_repeated(
    graph, lost_races, text, message
):
    with pytest.raises(Unavailable, match=message) as raised:
        await graph.run_admin(Statement("broken", text, frozenset()))

    assert isinstance(raised.value.__cause__, ClientError)
    assert lost_races() == 0


async def test_a_statement_that_aborts_a_lost_race_is_repeated(graph, lost_races):
    text = "UNWIND [$crs] AS crs RETURN point({x: 0, y: 0, crs: crs})"
    abort = Statement("abort", text, frozenset({"crs"}))

    with pytest.raises(DatabaseTimeout):
        await graph.run_admin(abort, crs=LOST_RACE)

    assert lost_races() > 1
