"""The columns that the header of a statement names, against those that the statement returns."""

import re

import pytest
from neo4j import Query

from app.graph import statements

STATEMENTS = [
    pytest.param(access, statement, id=f"{access}/{name}")
    for access in ("read", "write", "check")
    for name, statement in statements.load(access).items()
]
RETURNS = re.compile(r"^// (Returns .*(?:\n// .*)*)", re.MULTILINE)
# The names of a line: those of columns are three spaces in, those of a column's parts are further.
NAMES = re.compile(r"^//   (\w+(?:, \w+)*)(?:  .*)?$", re.MULTILINE)


def declared(source):
    """The columns that a header names after `Returns`, in their order."""
    (returns,) = RETURNS.findall(source)
    columns = [name for names in NAMES.findall(returns) for name in names.split(", ")]
    assert bool(columns) != returns.startswith("Returns nothing")
    return columns


@pytest.mark.parametrize(("access", "statement"), STATEMENTS)
def test_a_header_names_the_columns_that_its_statement_returns(
    driver, database, access, statement, address
):
    source = (statements.folder(access) / f"{statement.name}.cypher").read_text("utf-8")
    query = Query(f"EXPLAIN {statement.text}")  # pyright: ignore[reportArgumentType]

    with driver.session(database=database.name) as session:
        columns = session.run(query, dict.fromkeys(statement.parameters)).keys()

    assert sorted(declared(source)) == sorted(columns)


@pytest.mark.parametrize(
    ("source", "columns"),
    [
        ("// Reads.\n//\n// Returns nothing.\nMATCH (n)", []),
        (
            "// Returns one row:\n//   id, at  when\n//          late\n//   by\nMATCH (n)",
            ["id", "at", "by"],
        ),
        (
            "// $a  maps of\n//   x\n//\n// Returns rows:\n//   y  maps of\n//     z\n\n// Step 1",
            ["y"],
        ),
    ],
)
def test_the_columns_of_a_header(source, columns):
    assert declared(source) == columns


def test_a_header_without_columns_declares_that_there_are_none():
    with pytest.raises(ValueError, match="not enough values"):
        declared("// Reads.\nMATCH (n)")
