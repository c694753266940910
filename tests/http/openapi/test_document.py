"""The OpenAPI document: that it is one, that it is whole, and that it is true."""

import json
import subprocess
import sys
from http import HTTPStatus

import jsonschema_rs
import pytest
import schemathesis
from starlette.routing import Route

from app import main
from app.access import api_keys
from app.errors import ServiceError
from app.http.errors import MisdirectedRequest
from app.http.openapi import error_responses
from app.http.responses import STATUS
from app.segment.calls import KINDS
from app.settings import Settings
from tests.support import http_client
from tests.support.checkout import CHECKOUT
from tests.support.openapi import DOCUMENT, OPERATIONS

INGEST = DOCUMENT["paths"]["/v1/events"]["post"]
SETTINGS = "/v1/projects/{write_key}/settings"  # of the browser SDK, which finds it by itself
MACHINES = ("/v1/", "/healthz", "/readyz", "/metrics")  # not pages, and not MCP
EXAMPLES = INGEST["requestBody"]["content"]["application/json"]["examples"]


def operations():
    return [
        pytest.param(operation, id=f"{method} {path}")
        for path, methods in DOCUMENT["paths"].items()
        for method, operation in methods.items()
    ]


def responses(operation):
    """The errors' codes of an operation, by their status."""
    return {
        int(status): response["content"]["application/json"]["schema"]["properties"]["error"][
            "properties"
        ]["code"]["enum"]
        for status, response in operation["responses"].items()
        if not status.startswith("2")
    }


def validate(content, schema):
    """Raises an error unless the content matches a schema of the document."""
    whole = schema | {"components": DOCUMENT["components"]}
    jsonschema_rs.Draft202012Validator(whole).validate(content)


@pytest.fixture(scope="module")
def caller(address, make_key):
    headers = {"X-API-Key": make_key(*api_keys.SCOPES)}
    with http_client.Client(base_url=address, headers=headers, timeout=30) as client:
        yield client


def test_it_is_a_document_of_openapi_3_1():
    schemathesis.openapi.from_dict(DOCUMENT).validate()

    assert DOCUMENT["openapi"].startswith("3.1.")


@pytest.mark.parametrize("name", DOCUMENT["components"]["schemas"])
def test_a_schema_is_one_of_json_schema(name):
    jsonschema_rs.meta.validate(DOCUMENT["components"]["schemas"][name])


def test_every_schema_is_described():
    assert [
        name
        for name, schema in DOCUMENT["components"]["schemas"].items()
        if not schema.get("description")
    ] == []


@pytest.mark.parametrize(
    "expression",
    [
        pytest.param("tests.support.openapi.DOCUMENT", id="document"),
        pytest.param("app.mcp.tools.TOOLS", id="tools"),
        pytest.param("app.mcp.steward_tools.STEWARD_TOOLS", id="steward tools"),
    ],
)
def test_no_text_is_a_docstring_which_python_can_leave_out(expression):
    module = expression.rpartition(".")[0]
    code = (
        f"import sys, msgspec, {module}; sys.stdout.buffer.write(msgspec.json.encode({expression}))"
    )

    plain, optimised = (
        subprocess.run(
            [sys.executable, *options, "-c", code], cwd=CHECKOUT, check=True, capture_output=True
        ).stdout
        for options in ([], ["-OO"])
    )

    assert json.loads(optimised) == json.loads(plain)


@pytest.mark.parametrize("operation", operations())
def test_a_summary_is_verb_and_resource_in_six_words(operation):
    assert len(operation["summary"].split()) <= 6
    assert not operation["summary"].endswith(".")


def test_every_reference_leads_somewhere():
    def references(node):
        if isinstance(node, dict):
            yield from [node["$ref"]] if "$ref" in node else []
            node = list(node.values())
        for child in node if isinstance(node, list) else []:
            yield from references(child)

    names = {reference.removeprefix("#/components/") for reference in references(DOCUMENT)}

    assert names <= {
        f"{section}/{name}" for section, named in DOCUMENT["components"].items() for name in named
    }


@pytest.fixture
async def application(database):
    application = main.build(Settings(), database)
    async with application.router.lifespan_context(application):
        yield application


@pytest.mark.anyio
async def test_every_route_for_programs_is_in_it_and_no_other(application):
    served = {
        (route.path, method.lower())
        for route in application.router.routes
        if isinstance(route, Route) and route.path.startswith(MACHINES) and route.path != SETTINGS
        for method in route.methods or ()
        if method not in ("HEAD", "OPTIONS")
    }
    aliases = {
        (alias, operation.method.lower()) for operation in OPERATIONS for alias in operation.aliases
    }

    assert served - aliases == {
        (path, method) for path, methods in DOCUMENT["paths"].items() for method in methods
    }


@pytest.mark.parametrize("operation", operations())
def test_each_error_stands_under_its_status(operation):
    for status, codes in responses(operation).items():
        assert {STATUS[code] for code in codes} == {HTTPStatus(status)}


def test_no_error_is_forgotten():
    error_codes = {
        code
        for param in operations()
        for codes in responses(param.values[0]).values()
        for code in codes
    }

    assert error_codes == STATUS.keys() - {MisdirectedRequest.code}  # of MCP


@pytest.mark.parametrize("error", [ServiceError, *ServiceError.__subclasses__()])
def test_an_errors_own_words_begin_with_its_status(error):
    assert (error.__doc__ or "").startswith(f"{STATUS[error.code].value}: ")
    assert error_responses.DESCRIPTIONS[error.code]


def test_a_route_with_a_key_names_its_scope():
    scopes = {operation.path: operation.scope for operation in OPERATIONS if operation.scope}

    assert scopes == {
        "/v1/events": api_keys.EVENTS_WRITE,
        **{f"/v1/{kind}": api_keys.EVENTS_WRITE for kind in (*KINDS, "batch")},
        "/v1/live": api_keys.EVENTS_READ,
        "/v1/events/{id}": api_keys.CONTEXT_READ,
        "/v1/rejections": api_keys.EVENTS_READ,
        "/v1/context": api_keys.CONTEXT_READ,
        "/v1/customers/{id}/timeline": api_keys.CONTEXT_READ,
        "/v1/customers/{id}": api_keys.CUSTOMERS_DELETE,
        "/v1/customers/{id}/merge-preview": api_keys.IDENTITY_WRITE,
        "/v1/customers/{id}/merge": api_keys.IDENTITY_WRITE,
        "/v1/merges/{id}/undo": api_keys.IDENTITY_WRITE,
        "/v1/customers/{id}/split-preview": api_keys.IDENTITY_WRITE,
        "/v1/customers/{id}/split": api_keys.IDENTITY_WRITE,
        "/v1/splits/{id}/undo": api_keys.IDENTITY_WRITE,
        "/v1/customers/{id}/identifiers/move-preview": api_keys.IDENTITY_WRITE,
        "/v1/customers/{id}/identifiers/move": api_keys.IDENTITY_WRITE,
        "/v1/customers/{id}/identifiers/detach": api_keys.IDENTITY_WRITE,
        "/v1/identifier-moves/{id}/undo": api_keys.IDENTITY_WRITE,
        "/metrics": api_keys.METRICS_READ,
        "/v1/identity/conflicts": api_keys.IDENTITY_READ,
        "/v1/identity/conflicts/{id}/dismiss": api_keys.IDENTITY_WRITE,
        "/v1/dismissals/{id}/undo": api_keys.IDENTITY_WRITE,
        "/v1/identity/shared": api_keys.IDENTITY_WRITE,
        "/v1/suppressions": api_keys.CUSTOMERS_DELETE,
        "/v1/suppressions/remove": api_keys.CUSTOMERS_DELETE,
        "/v1/suppressions/{id}/undo": api_keys.CUSTOMERS_DELETE,
        "/v1/identity/changes": api_keys.IDENTITY_READ,
    }


def test_it_needs_no_api_key(address):
    response = http_client.get(f"{address}/openapi.json")

    assert (response.status_code, response.json()) == (200, json.loads(json.dumps(DOCUMENT)))
    assert response.headers["content-type"] == "application/json"


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_examples_of_the_contract_return_its_responses(caller, name):
    content = INGEST["responses"]["200"]["content"]["application/json"]

    response = caller.post("/v1/events", json=EXAMPLES[name]["value"])

    validate(response.json(), content["schema"])
    assert response.json().keys() == content["examples"][name]["value"].keys()


@pytest.mark.parametrize("operation", operations())
def test_every_example_matches_its_schema(operation):
    for message in (operation.get("requestBody", {}), *operation["responses"].values()):
        content = message.get("content", {}).get("application/json", {})
        for example in content.get("examples", {}).values():
            validate(example["value"], content["schema"])


def test_the_response_to_a_lenient_batch_matches_its_schema(caller):
    events = [{"event": "x"}, {"event": "x", "email": "jane@acme.com"}]

    response = caller.post(
        "/v1/events", json={"events": events}, headers={"Prefer": "handling=lenient"}
    ).json()

    validate(response, INGEST["responses"]["200"]["content"]["application/json"]["schema"])
    assert response["accepted"] == 1


def test_a_context_matches_its_schema(caller, ingest, unique):
    ingest(email=f"{unique}@x.com", phone="+14155552671")

    context = caller.post("/v1/context", json={"email": f"{unique}@x.com"}).json()

    validate(context, {"$ref": "#/components/schemas/Context"})
    assert context["touchpoints"]


def test_a_timeline_matches_its_schema(caller, ingest, unique):
    ingest(email=f"{unique}@x.com")
    customer = ingest(email=f"{unique}@x.com")["customerId"]

    timeline = caller.get(f"/v1/customers/{customer}/timeline", params={"limit": 1}).json()

    validate(timeline, {"$ref": "#/components/schemas/Timeline"})
    assert timeline["nextCursor"]


def test_conflicts_and_changes_match_their_schemas(caller, ingest, unique):
    email = f"{unique}@x.com"
    one = ingest(email=email)["customerId"]
    other = ingest(externalId=unique)["customerId"]
    ingest(email=email, externalId=unique)
    pair = "~".join(sorted([one, other]))

    conflicts = caller.get("/v1/identity/conflicts", params={"limit": 1}).json()
    reason = {"reason": "x"}
    dismissed = caller.post(f"/v1/identity/conflicts/{pair}/dismiss", json=reason).json()
    marked = caller.post(
        "/v1/identity/shared", json={"email": email, "shared": True} | reason
    ).json()
    undone = caller.post(f"/v1/dismissals/{dismissed['id']}/undo").json()
    changes = caller.get("/v1/identity/changes", params={"customer": one}).json()

    validate(conflicts, {"$ref": "#/components/schemas/IdentityConflictPage"})
    validate(changes, {"$ref": "#/components/schemas/AuditPage"})
    assert conflicts["conflicts"]
    assert changes["changes"] == [undone, marked, dismissed | {"undone": True}]


def test_an_erasure_matches_its_schema(caller, ingest, unique):
    customer = ingest(email=f"{unique}@x.com")["customerId"]
    path = f"/v1/customers/{customer}"

    erased = caller.delete(path, params={"reason": "asked for"})
    changes = caller.get("/v1/identity/changes", params={"customer": customer}).json()

    documented = DOCUMENT["paths"]["/v1/customers/{id}"]["delete"]["responses"]
    assert documented.keys() >= {"200", "202"}
    validate(erased.json(), documented["200"]["content"]["application/json"]["schema"])
    validate(changes, {"$ref": "#/components/schemas/AuditPage"})
    assert [change["kind"] for change in changes["changes"]] == ["erasure"]


def test_an_explanation_matches_its_schema(caller, ingest, unique):
    ingest(email=f"{unique}@x.com")
    event = ingest(email=f"{unique}@X.com", phone="(415) 555-2671", externalId="null")

    explanation = caller.get(f"/v1/events/{event['eventId']}").json()

    validate(explanation, {"$ref": "#/components/schemas/Explanation"})
    assert len(explanation["keys"]) == 3


EVENT = {"event": "x", "email": "jane@acme.com"}


@pytest.mark.parametrize(
    "event",
    [
        EVENT | {"event": ""},
        EVENT | {"event": "  "},
        EVENT | {"event": "a\tb"},
        EVENT | {"event": "x" * 201},
        EVENT | {"timestamp": "2026-04-29"},
        EVENT | {"properties": []},
        EVENT | {"emial": "jane@acme.com"},
        {"event": "x", "email": None},
        {"event": "x", "email": " ", "phone": ""},
        {"email": "jane@acme.com"},
    ],
)
def test_a_body_that_its_schema_forbids_is_rejected(caller, event):
    with pytest.raises(jsonschema_rs.ValidationError):
        validate(event, {"$ref": "#/components/schemas/EventIngest"})

    assert caller.post("/v1/events", json=event).status_code == 400


@pytest.mark.parametrize(
    "event",
    [
        EVENT | {"timestamp": " ", "phone": None, "properties": None, "idempotencyKey": ""},
        EVENT | {"timestamp": "2026-04-29T10:14:32.123456789+02:00"},
        EVENT | {"event": "x" * 200, "properties": {"a": {"b": [1, None]}}},
    ],
)
def test_a_body_that_its_schema_allows_is_accepted(caller, event):
    validate(event, {"$ref": "#/components/schemas/EventIngest"})

    assert caller.post("/v1/events", json=event).status_code == 200
