"""The schema migrations, as their files define them."""

import re

import pytest

from app.graph import statements
from app.graph.migrations import definitions
from app.graph.migrations.definitions import Index
from app.graph.statements import Statement

INDEX = "CREATE INDEX things IF NOT EXISTS FOR (thing:Thing) ON (thing.size, thing.id)"
UNIQUE = "CREATE CONSTRAINT things IF NOT EXISTS FOR (thing:Thing) REQUIRE thing.id IS UNIQUE"


def step(name, text):
    return Statement(name, text, frozenset())


def test_every_file_is_a_migration_and_no_number_is_left_out():
    versions = [migration.version for migration in definitions.load()]

    assert versions == list(range(1, len(statements.load("schema")) + 1))


def test_definitions_are_in_the_order_of_their_numbers():
    migrations = definitions.parse([step("010_b", "MATCH (n) RETURN n"), step("002_a", "RETURN 1")])

    assert [str(migration) for migration in migrations] == ["002_a", "010_b"]


@pytest.mark.parametrize(
    ("text", "index"),
    [
        (INDEX, Index("things", "Thing", ("size", "id"), is_unique=False)),
        (UNIQUE, Index("things", "Thing", ("id",), is_unique=True)),
        ("MATCH (thing:Thing) SET thing.size = 1", None),
        ("CREATE (thing:Thing)", None),
    ],
)
def test_a_migration_names_the_index_that_it_creates(text, index):
    (migration,) = definitions.parse([step("001_things", text)])

    assert migration.creates == index


def test_an_index_that_a_later_step_drops_is_not_among_them():
    drop = "DROP INDEX things IF EXISTS"

    migrations = definitions.parse([step("001_a", INDEX), step("002_b", drop)])

    assert definitions.indexes(migrations) == {}


def test_an_index_that_a_later_migration_creates_again_is_the_later_one():
    drop = "DROP INDEX things IF EXISTS"

    migrations = definitions.parse(
        [step("001_a", INDEX), step("002_b", drop), step("003_c", UNIQUE)]
    )

    assert definitions.indexes(migrations) == {"things": migrations[2].creates}


@pytest.mark.parametrize(
    ("names", "text", "fault"),
    [
        (["things"], INDEX, "has no number"),
        (["001_a", "001_b"], INDEX, "one number: 001_a, 001_b"),
        (["001_a"], INDEX.replace("IF NOT EXISTS ", ""), "another form: 001_a"),
        (["001_a"], "DROP INDEX things", "another form: 001_a"),
    ],
)
def test_an_invalid_migration_is_rejected(names, text, fault):
    with pytest.raises(ValueError, match=re.escape(fault)):
        definitions.parse([step(name, text) for name in names])


def test_a_step_takes_no_parameters():
    with pytest.raises(ValueError, match="no parameters: 001_a"):
        definitions.parse([Statement("001_a", "RETURN $x", frozenset({"x"}))])


def test_a_checksum_is_of_the_text_and_not_of_its_lines():
    broken, another = INDEX.replace(" ON", "\nON"), INDEX.replace("size", "weight")

    (of_text,) = definitions.parse([step("001_a", INDEX)])
    (of_broken,) = definitions.parse([step("001_a", broken)])
    (of_another,) = definitions.parse([step("001_a", another)])

    assert of_text.checksum == of_broken.checksum != of_another.checksum
