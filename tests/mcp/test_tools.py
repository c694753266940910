"""The descriptions of the tools for an agent: arguments, results and hints."""

import msgspec
import pytest

from app.customers.context_query import ContextQuery
from app.customers.explanation.reader import ExplanationQuery
from app.customers.timeline import TimelineQuery
from app.http.event_previews import EventPreview
from app.http.openapi import schemas
from app.ingest.results import EventResult
from app.mcp.event_arguments import EventOptions
from tests.support.mcp_client import over_http

pytestmark = pytest.mark.anyio


@pytest.fixture
async def tools(address, key):
    async with over_http(address, {"X-API-Key": key}) as client:
        return {tool.name: tool for tool in (await client.list_tools()).tools}


async def test_there_are_five_tools(tools):
    assert list(tools) == [
        *("ingest_event", "ingest_events", "get_context", "get_timeline", "explain_event"),
    ]


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("get_context", ContextQuery),
        ("get_timeline", TimelineQuery),
        ("explain_event", ExplanationQuery),
    ],
)
async def test_a_tool_accepts_the_fields_of_the_route(tools, name, kind):
    derived = schemas.tidy(msgspec.json.schema(kind)["$defs"][kind.__name__])

    assert tools[name].input_schema["properties"] == derived["properties"]


async def test_ingest_event_accepts_the_fields_of_an_event_and_the_options(tools):
    expected = {
        name: field
        for kind in (schemas.Event, EventOptions)
        for name, field in schemas.tidy(msgspec.json.schema(kind)["$defs"][kind.__name__])[
            "properties"
        ].items()
    }

    assert tools["ingest_event"].input_schema["properties"] == expected


async def test_a_batch_takes_the_events_that_a_single_call_takes(tools):
    single = tools["ingest_event"].input_schema
    event = tools["ingest_events"].input_schema["$defs"]["EventIngest"]

    assert event["properties"] == {
        name: field for name, field in single["properties"].items() if name != "dryRun"
    }
    assert event["required"] == single["required"]


async def test_a_result_has_the_fields_of_the_response_of_the_route(tools):
    result, preview = [
        schemas.tidy(msgspec.json.schema(kind)["$defs"][kind.__name__])
        for kind in (EventResult, EventPreview)
    ]
    output = tools["ingest_event"].output_schema

    assert output["properties"] == result["properties"] | preview["properties"]
    assert output["anyOf"] == [{"required": kind["required"]} for kind in (result, preview)]


async def test_every_field_of_every_tool_is_described(tools):
    fields = [
        (tool.name, field)
        for tool in tools.values()
        for field, schema in tool.input_schema["properties"].items()
        if "description" not in schema
    ]

    assert fields == []


async def test_the_tools_that_read_are_declared_read_only(tools):
    reading = {name for name, tool in tools.items() if tool.annotations.read_only_hint}

    assert reading == {"get_context", "get_timeline", "explain_event"}


async def test_no_tool_that_writes_is_declared_idempotent_or_destructive(tools):
    hints = tools["ingest_event"].annotations

    assert (hints.idempotent_hint, hints.destructive_hint) == (False, False)
