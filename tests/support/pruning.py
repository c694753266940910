"""Shared by the tests of the retention: events of another age, and their deletion."""

import asyncio

import pytest

from app.graph.graph import Graph
from app.retention.pruner import PruneLimits, Pruner
from tests.support.old_events import DAYS, OLD

CLEAR = """
CALL () {
  MATCH (node:PruneLease|Prune) RETURN node
  UNION ALL
  MATCH (node:Touchpoint) WHERE node.occurredAt < datetime('1926') RETURN node
}
DETACH DELETE node
"""


@pytest.fixture
def turn(cypher, address):
    """A database without old Touchpoints, before and after. Other tests must not run meanwhile."""
    cypher(CLEAR)
    yield
    cypher(CLEAR)


@pytest.fixture
def send_old(ingest, unique):
    """Stores old events of one Customer, and returns the results."""

    def send(count, **event):
        fields = {"event": "x", "email": f"{unique}@x.com", "timestamp": OLD, **event}
        return ingest([fields] * count)["results"]

    return send


@pytest.fixture
def ages(cypher):
    """The times of the Touchpoints of a Customer, the oldest first."""

    def of(customer):
        rows = cypher(
            "MATCH (:Customer {id: $customer})-[:HAS_TOUCHPOINT]->(t) RETURN t.timestamp AS at "
            "ORDER BY at",
            customer=customer,
        )
        return [row["at"] for row in rows]

    return of


@pytest.fixture
def pruner(graph):
    """A pruner of the test's own, with transactions of two Touchpoints and without pauses."""
    return Pruner(graph, limits=PruneLimits(batch=2, pause=0))


@pytest.fixture
def prune(database, turn):
    """Deletes old Touchpoints, for a test that is not asynchronous."""

    async def run():
        graph = Graph(database)
        try:
            return await Pruner(graph).prune(DAYS, "cli")
        finally:
            await graph.close()

    return lambda: asyncio.run(run())
