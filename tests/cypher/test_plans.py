"""The plans that the database makes of the statements."""

import asyncio
from typing import Any

import pytest
from neo4j import Query

from app.graph import statements
from app.graph.graph import Graph
from app.graph.statements import Statement
from app.retention import index
from tests.support.plans import operators

OLD_TOUCHPOINTS = {"prune_begin": "write", "prune_touchpoints": "write", "prune_preview": "read"}
STATEMENTS = [
    pytest.param(statement, id=f"{access}/{name}")
    for access in ("write", "read")
    for name, statement in statements.load(access).items()
    if name not in ("schema_indexes", "schema_await_index")  # commands have no plan
    if name not in index.STATEMENTS
]

SCANS = {"AllNodesScan", "NodeByLabelScan", "IntersectionNodeByLabelsScan"}


@pytest.fixture
def plan(driver, database, address):
    """Explains a statement on a database that has the schema."""

    def explain(statement: Statement) -> dict[str, Any]:
        parameters = dict.fromkeys(statement.parameters)
        query = Query(f"EXPLAIN {statement.text}")  # pyright: ignore[reportArgumentType]
        with driver.session(database=database.name) as session:
            return session.run(query, parameters).consume().plan

    return explain


@pytest.fixture
def indexed(database, address):
    """The index that finds old Touchpoints."""

    async def create():
        graph = Graph(database)
        try:
            await index.ensure(graph)
        finally:
            await graph.close()

    asyncio.run(create())


@pytest.mark.parametrize("statement", STATEMENTS)
def test_no_statement_scans_nodes(plan, statement):
    names = {name for _, name in operators(plan(statement))}

    assert not names & SCANS


@pytest.mark.parametrize(
    "statement",
    [
        pytest.param(statement, id=f"{access}/{name}")
        for access in ("write", "read")
        for name, statement in statements.load(access).items()
        if "ErasedCustomer" in statement.text
    ],
)
def test_an_erasure_is_found_by_an_erased_customer(plan, statement):
    """An index by the time of progress, which changes during the scan, could return it twice or
    never.
    """
    names = {name for _, name in operators(plan(statement))}

    assert not [name for name in names if "(progressAt)" in name]


def test_no_eager_stands_between_the_events_and_the_subquery_of_each(plan):
    events = next(
        path
        for path, name in operators(plan(statements.load("write")["ingest"]))
        if name == "Unwind events AS event"
    )

    assert events[-2:] == ["Apply", "Unwind"]
    assert "Eager" not in events


def test_an_explanation_visits_each_customer_once_however_many_merges_lead_there(plan):
    expands = {
        name
        for _, name in operators(plan(statements.load("read")["explanation"]))
        if name.startswith("VarLengthExpand(") and " " not in name
    }

    assert expands == {"VarLengthExpand(Pruning,BFS,All)"}


@pytest.mark.parametrize(
    "name", ["context", "customer_identifiers", "customer_profile", "timeline"]
)
def test_a_read_of_a_customer_seeks_in_each_index(plan, name):
    """In a small graph, the planner would scan the whole index, and keep that plan as it grows."""
    names = {name for _, name in operators(plan(statements.load("read")[name]))}

    assert not [name for name in names if "IndexScan" in name.partition(" ")[0]]


@pytest.mark.parametrize(("name", "access"), OLD_TOUCHPOINTS.items())
def test_old_touchpoints_are_found_by_their_time(indexed, plan, name, access):
    names = {name for _, name in operators(plan(statements.load(access)[name]))}
    assert not names & SCANS
    on_touchpoints = {name for name in names if ":Touchpoint(" in name}

    assert on_touchpoints
    assert all(
        name.startswith("NodeIndexSeekByRange ") and ":Touchpoint(occurredAt)" in name
        for name in on_touchpoints
    )
