"""The resources: Customers, timelines and the glossary, by their URIs."""

import json

import mcp_types as types
import pytest
from mcp.shared.exceptions import MCPError

from app.mcp import glossary
from app.mcp.resources import RESOURCES
from tests.support.checkout import CHECKOUT
from tests.support.docs_tables import table
from tests.support.mcp_client import EXAMPLE, over_http, over_stdio

pytestmark = pytest.mark.anyio

DOCS = CHECKOUT / "docs" / "reference"


@pytest.fixture
def read(address, key):
    """Reads a resource over HTTP, and returns its only content."""

    async def run(uri, key=key):
        async with over_http(address, {"X-API-Key": key}) as client:
            (content,) = (await client.read_resource(uri)).contents
            return content

    return run


@pytest.fixture
async def customer(call, unique):
    """The ID of a Customer with two events."""
    events = [EXAMPLE | {"email": f"{unique}@acme.com", "event": name} for name in ("a", "b")]
    result = await call("ingest_events", {"events": events})
    return result.structured_content["results"][0]["customerId"]


async def test_a_customer_is_the_result_of_get_context(read, call, customer):
    content = await read(f"waypath://customers/{customer}")

    context = (await call("get_context", {"customer": customer})).structured_content
    assert (content.mime_type, json.loads(content.text)) == ("application/json", context)


async def test_a_timeline_is_the_result_of_get_timeline(read, call, customer):
    content = await read(f"waypath://customers/{customer}/timeline")

    timeline = (await call("get_timeline", {"customer": customer})).structured_content
    assert json.loads(content.text) == timeline


async def test_a_timeline_may_be_of_one_event_name(read, customer):
    content = await read(f"waypath://customers/{customer}/timeline?event=a")

    assert [each["event"] for each in json.loads(content.text)["touchpoints"]] == ["a"]


async def test_the_glossary_is_a_resource_over_stdio(environment, key):
    async with over_stdio(environment, key) as client:
        (content,) = (await client.read_resource("waypath://glossary")).contents

    assert isinstance(content, types.TextResourceContents)
    assert "- **Touchpoint**: " in content.text


def test_the_glossary_has_the_meanings_of_the_page():
    sections = (DOCS / "glossary.md").read_text().split("\n## ")
    rows = [row for section in sections for row in table(section, "Term")]
    meanings = {row[0]: row[1] for row in rows}

    assert {term: meanings.get(term) for term in glossary.TERMS} == glossary.TERMS


async def test_an_unknown_customer_is_an_error_with_the_uri(read):
    with pytest.raises(MCPError) as raised:
        await read("waypath://customers/cus_0")

    assert raised.value.code == types.INVALID_PARAMS
    assert raised.value.data == {
        "uri": "waypath://customers/cus_0",
        "code": "unknown_customer",
        "details": [],
    }


async def test_a_key_without_the_scope_reads_no_customer(read, api_key):
    with pytest.raises(MCPError) as raised:
        await read("waypath://customers/cus_0", key=api_key)

    assert raised.value.data["code"] == "forbidden_scope"


async def test_the_list_has_the_resources_and_the_templates_of_the_page(address, key):
    async with over_http(address, {"X-API-Key": key}) as client:
        listed = [each.uri for each in (await client.list_resources()).resources]
        templates = (await client.list_resource_templates()).resource_templates
        listed += [each.uri_template for each in templates]

    rows = table((DOCS / "mcp-tools.md").read_text(), "Resource")
    assert [(row[0], row[2]) for row in rows] == [
        (f"`{uri}`", f"`{RESOURCES[uri].scope}`" if RESOURCES[uri].scope else "any")
        for uri in listed
    ]
