"""The page of the tools: that it has each tool, argument, limit, result field, error and scope."""

import json
import re

import jsonschema_rs
import pytest

from app.domain import idempotency, timestamps
from app.ingest import properties
from app.mcp.steward_tools import STEWARD_TOOLS
from app.mcp.tools import TOOLS
from tests.support.checkout import CHECKOUT
from tests.support.docs_tables import code, table
from tests.support.openapi import OPERATIONS

PATH = CHECKOUT / "docs" / "reference" / "mcp-tools.md"
TEXT = PATH.read_text()
# The limits that no keyword of a schema states.
UNSTATED_LIMITS = {
    "properties": (
        f"{properties.MAX_BYTES // 1024} KiB, {properties.MAX_ENTRIES} entries, "
        f"{properties.MAX_DEPTH} levels"
    ),
    "idempotencyKey": f"1 to {idempotency.MAX_KEY_LENGTH} characters",
}
# The wording of a limit, by the keywords of the schema that state it.
LIMITS = {
    frozenset(): "none",
    frozenset({"minLength", "maxLength"}): "{minLength} to {maxLength} characters",
    frozenset({"maxLength"}): "at most {maxLength} characters",
    frozenset({"minimum", "maximum", "default"}): "{minimum} to {maximum}, default {default}",
    frozenset({"minimum"}): "at least {minimum}",
    frozenset({"maxItems", "default"}): "at most {maxItems} items",
    frozenset({"minItems", "maxItems"}): "{minItems} to {maxItems} items",
    frozenset({"default"}): "default {default}",
}
ALL_TOOLS = TOOLS | STEWARD_TOOLS
EVERY_TOOL = pytest.mark.parametrize("tool", ALL_TOOLS.values(), ids=list(ALL_TOOLS))


def section(tool):
    _, _, text = TEXT.partition(f"\n## {tool.name}\n")
    return text.partition("\n## ")[0]


def field_type(schema):
    types = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    (name,) = [name for name in types if name != "null"]
    return name


def limit(name, schema):
    if name in UNSTATED_LIMITS:
        return UNSTATED_LIMITS[name]
    if schema.get("pattern") == timestamps.PATTERN:
        return "a timestamp"
    keywords = frozenset.union(*LIMITS).intersection(schema)
    return LIMITS[keywords].format_map({word: json.dumps(schema[word]) for word in keywords})


def test_the_page_lists_the_tools_with_their_routes_and_scopes():
    rows = table(TEXT, "Tool")
    scopes = {(operation.method, operation.path): operation.scope for operation in OPERATIONS}

    assert {code(row[0])[0]: code(row[3]) for row in rows} == {
        tool.name: [tool.scope] for tool in ALL_TOOLS.values()
    }
    for row in rows:
        method, path = code(row[2])[0].split()
        assert scopes[method, path] == code(row[3])[0]


@EVERY_TOOL
def test_the_page_has_each_argument_with_its_type_and_limit(tool):
    schema = tool.input_schema
    rows = table(section(tool), "Argument")

    assert [(code(row[0])[0], *row[1:4]) for row in rows] == [
        (
            name,
            field_type(field),
            "yes" if name in schema["required"] else "no",
            limit(name, field),
        )
        for name, field in schema["properties"].items()
    ]


@EVERY_TOOL
def test_the_page_has_each_field_of_a_result(tool):
    names = [name for row in table(section(tool), "Field") for name in code(row[0])]

    assert sorted(names) == sorted(tool.output_schema["properties"])


@EVERY_TOOL
def test_the_example_is_a_result_of_the_tool(tool):
    (example,) = re.findall(r"```json\n(.*?)```", section(tool), re.DOTALL)

    jsonschema_rs.Draft202012Validator(tool.output_schema).validate(json.loads(example))


@EVERY_TOOL
def test_the_page_has_the_scope_and_the_retry_rule(tool):
    assert f"\n- **Scope:** `{tool.scope}`\n" in section(tool)
    assert "\n- **Retry:** " in section(tool)


@EVERY_TOOL
def test_the_page_has_the_errors_of_the_route(tool):
    (row,) = [row for row in table(TEXT, "Tool") if f"`{tool.name}`" in row[0]]
    method, path = code(row[2])[0].split()
    (operation,) = [each for each in OPERATIONS if (each.method, each.path) == (method, path)]
    (line,) = re.findall(r"^Further errors: (.*)$", section(tool), re.MULTILINE)

    assert code(line) == [error.code for error in operation.errors]


def test_the_page_has_each_outcome_of_an_identifier():
    schema = TOOLS["explain_event"].output_schema["$defs"]["IdentifierExplanation"]

    outcomes = [code(row[0])[0] for row in table(TEXT, "Outcome")]

    assert outcomes == schema["properties"]["outcome"]["enum"]
