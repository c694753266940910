"""Schema migrations on a graph: the real ones, and some that a test adds and removes."""

import asyncio
import json

import httpx2
import pytest
from structlog.testing import capture_logs

from app.errors import DatabaseTimeout, Unavailable
from app.graph import statements
from app.graph.graph import Graph
from app.graph.migrations import definitions as migrations
from app.graph.migrations.runner import Migrator
from app.graph.readiness import Readiness
from app.graph.statements import Statement
from tests.support import http_client
from tests.support.server import wait_for, wait_until_ready

pytestmark = [pytest.mark.anyio, pytest.mark.alone]

OURS = list(statements.load("schema").values())


@pytest.fixture(autouse=True)
def schema(api_key):
    """Our steps are applied, as they are to make a key."""


@pytest.fixture
def steps(cypher, unique):
    """Our steps, and then some of a test's own: of a label and an index that are named `unique`."""

    def of(*texts, first=901):
        more = [
            Statement(f"{number}_{unique}", text.replace("UNIQUE_", f"Z{unique}"), frozenset())
            for number, text in enumerate(texts, first)
        ]
        return migrations.parse([*OURS, *more])

    yield of
    cypher("MATCH (m:SchemaMigration) WHERE m.version > 900 DELETE m")
    for row in cypher(
        "SHOW INDEXES YIELD name, owningConstraint WHERE name CONTAINS $unique RETURN *",
        unique=unique,
    ):
        cypher(f"DROP {'CONSTRAINT' if row['owningConstraint'] else 'INDEX'} {row['name']}")
    cypher(f"MATCH (node:Z{unique}) DELETE node")


@pytest.fixture
async def together(database):
    """Applies steps by four instances at the same time, each of which finds them in place."""
    graphs = [Graph(database) for _ in range(4)]

    async def apply(applied):
        await asyncio.gather(*(Migrator(graph, applied).apply() for graph in graphs))

    yield apply
    await asyncio.gather(*(graph.close() for graph in graphs))


@pytest.fixture
def recorded(cypher):
    """The numbers that the graph has recorded, each as often as it is there."""
    return lambda: [
        row["version"]
        for row in cypher("MATCH (m:SchemaMigration) RETURN m.version AS version ORDER BY version")
    ]


@pytest.fixture
def newer(cypher):
    """Records a migration of a newer version; returns a function that removes the record."""

    def forget():
        cypher("MATCH (m:SchemaMigration {version: 999}) DELETE m")

    cypher("CREATE (:SchemaMigration {version: 999, name: 'newer', checksum: 'of it'})")
    yield forget
    forget()


@pytest.fixture
async def hasty(database):
    """A graph that waits for a second."""
    graph = Graph(database, 1)
    yield graph
    await graph.close()


INDEX = "CREATE INDEX UNIQUE_ IF NOT EXISTS FOR (node:UNIQUE_) ON (node.id)"
CONSTRAINT = "CREATE CONSTRAINT UNIQUE_ IF NOT EXISTS FOR (node:UNIQUE_) REQUIRE node.id IS UNIQUE"
LATE = DatabaseTimeout.text
COUNT = "MERGE (node:UNIQUE_) SET node.count = coalesce(node.count, 0) + 1"


async def test_definitions_are_applied_in_their_order(graph, steps, cypher, unique):
    create, double = "CREATE (:UNIQUE_ {n: 1})", "MATCH (node:UNIQUE_) SET node.n = node.n * 2"

    await Migrator(graph, steps(create, double, double.replace("* 2", "+ 3"))).apply()

    assert cypher(f"MATCH (node:Z{unique}) RETURN node.n AS n") == [{"n": 5}]


async def test_a_step_is_applied_once(graph, steps, cypher, unique):
    await Migrator(graph, steps(COUNT)).apply()
    await Migrator(graph, steps(COUNT)).apply()

    assert cypher(f"MATCH (node:Z{unique}) RETURN node.count AS count") == [{"count": 1}]


async def test_a_later_version_applies_its_new_migrations(graph, steps, recorded):
    await Migrator(graph, steps(INDEX)).apply()
    await Migrator(graph, steps(INDEX, COUNT)).apply()

    assert recorded() == [*range(1, len(OURS) + 1), 901, 902]


async def test_a_record_has_the_applied_migration_and_its_time(graph, steps, cypher, unique):
    *_, step = applied = steps(INDEX)

    await Migrator(graph, applied).apply()

    (row,) = cypher(
        "MATCH (m:SchemaMigration {version: 901}) "
        "RETURN m {.name, .checksum} AS record, duration.between(m.appliedAt, datetime()) AS age"
    )
    assert row["record"] == {"name": unique, "checksum": step.checksum}
    assert row["age"].seconds < 60


@pytest.mark.parametrize("text", [INDEX, CONSTRAINT])
async def test_instances_that_start_together_apply_each_step_once(together, steps, recorded, text):
    texts = [text.replace("UNIQUE_", f"UNIQUE_{letter}") for letter in "abcdef"]

    await together(steps(*texts))

    assert recorded() == [*range(1, len(OURS) + 1), *range(901, 907)]


async def test_a_change_of_data_by_instances_that_start_together_comes_to_the_same(
    together, steps, cypher, unique
):
    cypher(f"UNWIND range(1, 2000) AS n CREATE (:Z{unique} {{n: n}})")
    change = """
        MATCH (node:UNIQUE_) WHERE node.size IS NULL
        CALL (node) { SET node.size = node.n * 2 } IN TRANSACTIONS OF 100 ROWS
    """

    await together(steps(change))

    (row,) = cypher(f"MATCH (z:Z{unique}) WHERE z.size = z.n * 2 RETURN count(*) AS changed")
    assert row["changed"] == 2000


async def test_a_schema_from_before_migrations_is_recorded_and_not_built_again(
    graph, steps, cypher, unique, recorded
):
    cypher(INDEX.replace("UNIQUE_", f"Z{unique}"))
    look = "SHOW INDEXES YIELD id, name WHERE name CONTAINS $unique RETURN id"
    before = cypher(look, unique=unique)

    await Migrator(graph, steps(INDEX)).apply()

    assert cypher(look, unique=unique) == before
    assert recorded()[-1] == 901


async def test_a_dropped_index_is_created_again(graph, steps, cypher, unique):
    await Migrator(graph, steps(INDEX)).apply()
    cypher(f"DROP INDEX Z{unique}")

    await Migrator(graph, steps(INDEX)).apply()

    assert (await Migrator(graph, steps(INDEX)).look()).problems(steps(INDEX)[-1]) == []


async def test_an_index_of_our_name_with_other_properties_is_left_unchanged_and_rejected(
    graph, steps, cypher, unique, recorded
):
    cypher(INDEX.replace("UNIQUE_", f"Z{unique}").replace("node.id", "node.other"))

    with pytest.raises(Unavailable, match=rf"migration 901_{unique}: .* DROP INDEX Z{unique}"):
        await Migrator(graph, steps(INDEX, COUNT)).apply()

    assert recorded()[-1] == len(OURS)


async def test_a_step_that_fails_is_not_recorded_and_none_after_it_is_applied(
    graph, steps, cypher, unique, recorded
):
    cypher(f"CREATE (:Z{unique} {{id: 1}}), (:Z{unique} {{id: 1}})")

    with pytest.raises(Unavailable, match=f"901_{unique}: .*Constraint"):
        await Migrator(graph, steps(CONSTRAINT, COUNT)).apply()

    assert recorded()[-1] == len(OURS)


async def test_a_newer_schema_is_rejected_and_not_touched(graph, steps, newer, recorded):
    with pytest.raises(Unavailable, match="migration 999_newer, unknown to this version"):
        await Migrator(graph, steps(INDEX)).apply()

    assert recorded() == [*range(1, len(OURS) + 1), 999]


async def test_a_migration_with_a_changed_text_is_rejected(graph, steps):
    await Migrator(graph, steps(INDEX)).apply()

    with pytest.raises(Unavailable, match="migration 901_.* with another text"):
        await Migrator(graph, steps(COUNT)).apply()


async def test_a_graph_that_does_not_respond_in_time_is_no_error(hasty, steps, driver, database):
    def late():
        return [record["log_level"] for record in records if record.get("reason") == LATE]

    with driver.session(database=database.name) as other, other.begin_transaction() as recording:
        recording.run("CREATE (:SchemaMigration {version: 901})").consume()
        with capture_logs() as records:
            watch = asyncio.create_task(Readiness(hasty, Migrator(hasty, steps(COUNT))).watch())
            await asyncio.to_thread(wait_for, lambda: bool(late()))
            watch.cancel()

    assert late() == ["warning"]


async def test_a_service_on_a_newer_schema_is_not_ready_until_that_is_gone(serve, newer):
    process, address = serve()
    wait_for(lambda: _status(f"{address}/readyz") == 503)

    assert _status(f"{address}/healthz") == 200
    newer()
    wait_until_ready(address)
    process.terminate()
    _, errors = process.communicate(timeout=30)
    records = [json.loads(line) for line in errors.splitlines()]
    (reason,) = [record["reason"] for record in records if record["event"] == "database_not_ready"]
    assert "migration 999_newer, unknown to this version" in reason


def test_a_command_on_a_newer_schema_reports_it_and_changes_nothing(cli, newer, cypher, unique):
    done = cli("keys", "create", "--name", unique, "--scope", "events:write")

    assert done.returncode == 1
    assert "Error: the graph has the schema migration 999_newer, unknown to" in done.stderr
    assert cypher("MATCH (k:ApiKey {name: $unique}) RETURN k", unique=unique) == []


def _status(address):
    try:
        return http_client.get(address).status_code
    except httpx2.TransportError:
        return None
