"""The page of the tools: that it has each tool, argument, limit, result field, error and scope."""

import json
import re

import jsonschema_rs
import pytest

from app.domain import idempotency, timestamps
from app.ingest import properties
from app.mcp.tools import TOOLS
from tests.support.checkout import CHECKOUT
from tests.support.openapi import OPERATIONS
from tests.test_docs_pages import code, table

PATH = CHECKOUT / "docs" / "reference" / "mcp-tools.md"
TEXT = PATH.read_text()
PROPERTIES_LIMIT = (
    f"{properties.MAX_BYTES // 1024} KiB, {properties.MAX_ENTRIES} entries, "
    f"{properties.MAX_DEPTH} levels"
)
EVERY_TOOL = pytest.mark.parametrize("tool", TOOLS.values(), ids=list(TOOLS))


def section(tool):
    _, _, text = TEXT.partition(f"\n## {tool.name}\n")
    return text.partition("\n## ")[0]


def field_type(schema):
    types = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    (name,) = [name for name in types if name != "null"]
    return name


def limit(name, schema):
    match schema:
        case _ if name == "properties":
            return PROPERTIES_LIMIT
        case _ if name == "idempotencyKey":
            return f"1 to {idempotency.MAX_KEY_LENGTH} characters"
        case {"pattern": timestamps.PATTERN}:
            return "a timestamp"
        case {"minLength": low, "maxLength": high}:
            return f"{low} to {high} characters"
        case {"maxLength": high}:
            return f"at most {high} characters"
        case {"minimum": low, "maximum": high, "default": default}:
            return f"{low} to {high}, default {default}"
        case {"minimum": low}:
            return f"at least {low}"
        case {"minItems": low, "maxItems": high}:
            return f"{low} to {high} items"
        case {"default": default}:
            return f"default {json.dumps(default)}"
    return "none"


def test_the_page_lists_the_tools_with_their_routes_and_scopes():
    rows = table(TEXT, "Tool")
    scopes = {(operation.method, operation.path): operation.scope for operation in OPERATIONS}

    assert {code(row[0])[0]: code(row[3]) for row in rows} == {
        tool.name: [tool.scope] for tool in TOOLS.values()
    }
    for row in rows:
        assert scopes[tuple(code(row[2])[0].split())] == code(row[3])[0]


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
