"""The schema of a graph, compared with the expected schema."""

import pytest

from app.graph.migrations import definitions as migrations
from app.graph.migrations.state import SchemaState
from app.graph.statements import Statement

TEXT = "CREATE INDEX things IF NOT EXISTS FOR (thing:Thing) ON (thing.size, thing.id)"
(THINGS,) = migrations.parse([Statement("001_things", TEXT, frozenset())])
RECORD = {"version": 1, "name": "things", "checksum": THINGS.checksum}
ROW = {
    "name": "things",
    "state": "ONLINE",
    "kind": "NODE RANGE",
    "labels": ["Thing"],
    "properties": ["size", "id"],
    "isUnique": False,
}


def test_a_recorded_index_that_exists_is_in_order():
    state = SchemaState([THINGS], [RECORD], [ROW])

    assert (state.unknown_migrations(), state.problems(THINGS), state.is_due(THINGS)) == (
        [],
        [],
        False,
    )


def test_an_index_of_another_name_does_as_well():
    state = SchemaState([THINGS], [RECORD], [ROW | {"name": "theirs"}])

    assert (state.problems(THINGS), state.is_due(THINGS)) == ([], False)


def test_an_unrecorded_migration_is_pending():
    state = SchemaState([THINGS], [], [ROW])

    assert state.problems(THINGS) == ["not applied: start the service, which applies it"]
    assert state.is_due(THINGS)


def test_a_dropped_index_is_pending_again():
    state = SchemaState([THINGS], [RECORD], [])

    assert "index on :Thing(size, id) is missing" in state.problems(THINGS)[0]
    assert state.is_due(THINGS)


def test_an_index_that_a_later_migration_drops_is_not_missed():
    drop = Statement("002_b", "DROP INDEX things IF EXISTS", frozenset())
    _, dropped = steps = migrations.parse([THINGS.statement, drop])
    records = [RECORD, {"version": 2, "name": "b", "checksum": dropped.checksum}]

    state = SchemaState(steps, records, [])

    assert [state.problems(step) for step in steps] == [[], []]
    assert not any(state.is_due(step) for step in steps)


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        ({"properties": ["size"]}, "another index on :Thing(size): run DROP INDEX things"),
        ({"labels": ["Stuff"]}, "another index on :Stuff(size, id): run DROP INDEX things"),
        ({"isUnique": True}, "another constraint on :Thing(size, id): run DROP CONSTRAINT things"),
        ({"kind": "NODE TEXT"}, "another index on :Thing(size, id): run DROP INDEX things"),
        ({"state": "POPULATING"}, "is POPULATING: wait"),
        ({"state": "FAILED"}, "has FAILED: see Neo4j's log"),
    ],
)
def test_an_unsuitable_index_is_an_error_that_no_migration_can_repair(row, fault):
    state = SchemaState([THINGS], [RECORD], [ROW | row])

    assert fault in state.problems(THINGS)[0]
    assert not state.is_due(THINGS)


@pytest.mark.parametrize(
    ("record", "description"),
    [
        ({"version": 2, "name": "more"}, "migration 002_more, unknown to this version"),
        ({"checksum": "of another"}, "migration 001_things, with another text"),
    ],
)
def test_a_record_that_is_none_of_ours_is_named(record, description):
    state = SchemaState([THINGS], [RECORD | record], [ROW])

    assert description in state.unknown_migrations()[0]
