"""The page of the HTTP API: that the section of each route has its fields and its errors."""

import re

import msgspec
import pytest

from app.http.responses import STATUS
from tests.support.checkout import CHECKOUT
from tests.support.docs_tables import code, table
from tests.support.openapi import OPERATIONS

# Without its fenced blocks.
PAGE = re.sub(
    r"(?ms)^```.*?^```$", "", (CHECKOUT / "docs" / "reference" / "http-api.md").read_text()
)
SECTIONS = {section.partition("\n")[0]: section for section in re.split(r"(?m)^### ", PAGE)[1:]}
COMMON = SECTIONS["Common errors"]


def section_of(operation):
    """The title and the text of the section of an operation, which other ones may share."""
    route = f"`{operation.method} {operation.path}`"
    ((title, text),) = (
        (title, text) for title, text in SECTIONS.items() if route in heading_of(text)
    )
    return title, text


def heading_of(text):
    """The paragraph with the routes of a section, and their scope."""
    paragraph = text.split("\n\n")[1].strip()
    return paragraph if " · " in paragraph else ""


def with_linked(text):
    """The text of a section, and of the sections of the page that it links to."""
    links = re.findall(r"\]\(#([\w-]+)\)", text)
    linked = [
        other for title, other in SECTIONS.items() if title.lower().replace(" ", "-") in links
    ]
    return "\n".join([text, *linked])


def fields(kind):
    return {field.encode_name for field in msgspec.structs.fields(kind)}


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.id)
def test_the_section_of_a_route_has_its_scope(operation):
    _, text = section_of(operation)

    heading = heading_of(text)

    assert heading.endswith(f"scope `{operation.scope}`" if operation.scope else "no API key")


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.id)
def test_the_section_of_a_route_has_every_field_of_its_request_and_response(operation):
    title, text = section_of(operation)
    named = {name for item in code(with_linked(text)) for name in re.findall(r"\w+", item)}

    assert operation.query_names == [name for name in operation.query_names if name in named], title
    assert set().union(*map(fields, (*operation.body, *operation.response))) <= named


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.id)
def test_the_section_of_a_route_has_its_errors(operation):
    _, text = section_of(operation)
    own = {name.split()[-1] for name in code(text)}

    assert {error.code for error in operation.errors} <= own


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.id)
def test_the_errors_that_all_routes_have_are_named_once(operation):
    _, text = section_of(operation)
    named = {name.split()[-1] for name in code(text + COMMON)}

    assert {error.code for error in operation.all_errors} <= named


def test_the_retry_table_has_every_error_of_the_ingest_route():
    page = (CHECKOUT / "docs" / "how-to" / "send" / "retry-safely.md").read_text()
    (operation,) = (item for item in OPERATIONS if item.id == "ingestEvents")
    outcomes = [row[0] for row in table(page, "Outcome")]

    missing = {
        error.code
        for error in operation.all_errors
        if not any(
            f"`{error.code}`" in outcome and f"{STATUS[error.code].value} `" in outcome
            for outcome in outcomes
        )
    }

    assert missing == set()
