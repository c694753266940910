import pytest
from neo4j.exceptions import ConstraintError

from app.graph.migrations import definitions
from app.graph.migrations.runner import Migrator

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("index", definitions.indexes(definitions.load()).values(), ids=str)
async def test_every_constraint_and_index_is_online(graph, index):
    await Migrator(graph, definitions.load()).apply()

    rows = {row["name"]: row for row in await graph.read("schema_indexes")}

    assert rows[index.name] == {
        "name": index.name,
        "state": "ONLINE",
        "kind": index.kind,
        "labels": [index.label],
        "properties": list(index.properties),
        "isUnique": index.is_unique,
    }


@pytest.mark.parametrize(
    "pattern",
    [
        "(:Identifier {kind: 'email', value: $unique})",
        "(:Customer {id: $unique})",
        "(:Touchpoint {id: $unique})",
        "(:ApiKey {id: $unique})",
        "(:ApiKey {hash: $unique})",
        "(:SchemaMigration {version: $unique})",
        "(:Import {id: $unique})",
    ],
)
def test_the_identity_of_a_node_is_unique(cypher, address, unique, pattern):
    cypher(f"CREATE {pattern}", unique=unique)

    with pytest.raises(ConstraintError):
        cypher(f"CREATE {pattern}", unique=unique)

    cypher(f"MATCH (node {pattern[pattern.index(':') : -1]}) DELETE node", unique=unique)


def test_one_value_may_identify_in_two_ways(cypher, address, unique):
    cypher(
        "CREATE (:Identifier {kind: 'email', value: $unique}), "
        "(:Identifier {kind: 'externalId', value: $unique})",
        unique=unique,
    )

    cypher("MATCH (identifier:Identifier {value: $unique}) DELETE identifier", unique=unique)
