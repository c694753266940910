"""The pages of the docs: their commands run, their references match the code."""

import contextlib
import json
import re
import urllib.parse

import pytest
from neo4j.exceptions import CypherSyntaxError

from app import main
from app.access import api_keys
from app.http.endpoints import ATTRIBUTE
from app.http.responses import STATUS
from app.ingest.properties import RESERVED_NAMES
from checks import texts
from tests.support import http_client
from tests.support.checkout import CHECKOUT
from tests.support.docs_reader import PAGES, Block, Reader, blocks, misquoted
from tests.support.docs_tables import code, table
from tests.support.openapi import OPERATIONS

REFERENCE = CHECKOUT / "docs" / "reference"
METRICS = REFERENCE / "metrics.md"
GRAPH_SCHEMA = REFERENCE / "graph-schema.md"
WITH_BLOCKS = [page for page in PAGES if blocks(page)]
ELSEWHERE = [block for page in PAGES for block in blocks(page) if block.mark == "elsewhere"]


def relative(page):
    return str(page.relative_to(CHECKOUT))


@pytest.fixture(scope="module")
def service(address, make_key):
    return address, make_key(*api_keys.SCOPES), http_client.get(f"{address}/openapi.json").json()


@pytest.mark.parametrize("page", WITH_BLOCKS, ids=relative)
def test_every_block_of_a_page_runs(page, service, environment, cypher, tmp_path):
    Reader(tmp_path, service, environment, cypher).read(blocks(page))


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("sh", "false; true"),
        ("sh", "echo $NEVER_SET"),
        ("sh", """echo '{"error": {"code": "unauthenticated"}}'"""),
        ("python", "raise SystemExit(1)"),
        ("js", "process.exit(1)"),
        ("json", '{"another": "response"}'),
        ("cypher", "MATCH (n RETURN n"),
        ("", "make run"),
    ],
)
def test_a_block_that_fails_or_differs_is_reported(
    language, text, service, environment, cypher, tmp_path
):
    block = Block("a page", 1, language, text, None, "")

    with pytest.raises((AssertionError, CypherSyntaxError)):
        Reader(tmp_path, service, environment, cypher).read([block])


def test_a_later_block_has_the_variables_of_a_shell_and_of_a_response(
    service, environment, cypher, tmp_path
):
    command = """echo '{"customerId": "cus_1"}'"""
    program = "import os; assert (os.environ['NAME'], os.environ['CUSTOMER_ID']) == ('x', 'cus_1')"
    blocks = [("sh", f"NAME=x\n{command}"), ("json", '{"customerId": "…"}'), ("python", program)]

    Reader(tmp_path, service, environment, cypher).read(
        [Block("a page", 1, language, text, None, "") for language, text in blocks]
    )


@pytest.mark.parametrize(
    ("code", "message", "is_true"),
    [
        ("invalid_payload", "2 validation errors. No events were stored.", True),
        ("invalid_payload", "2 … No events were stored.", True),
        ("invalid_payload", "…", False),
        ("invalid_payload", "3 … No events were stored.", False),
        ("invalid_payload", "2 validation errors", False),
        ("internal", "…", False),
    ],
)
def test_a_quoted_error_has_the_code_and_the_message_of_the_response(
    code, message, is_true, service, environment, cypher, tmp_path
):
    error = {"code": "invalid_payload", "message": "2 validation errors. No events were stored."}
    command = f"echo '{json.dumps({'error': error})}'"
    quote = json.dumps({"error": {"code": code, "message": message}})
    blocks = [("sh", command), ("json", quote)]
    reader = Reader(tmp_path, service, environment, cypher)

    with contextlib.nullcontext() if is_true else pytest.raises(AssertionError):
        reader.read([Block("a page", 1, language, text, None, "") for language, text in blocks])


def test_the_details_of_a_quoted_error_are_those_of_the_response():
    returned = {
        "results": [{"error": {"details": [{"path": "event", "message": "is missing"}]}}],
        "accepted": 1,
    }
    quoted = {"results": [{"error": {"details": [{"path": "event", "message": "is absent"}]}}]}

    assert misquoted(returned, returned) == []
    assert misquoted(quoted, returned) == ["is absent"]


@pytest.mark.parametrize("block", ELSEWHERE, ids=str)
def test_a_block_that_runs_elsewhere_is_part_of_that_file(block):
    files, _, reason = block.note.partition(", because ")
    text = "\n".join(
        line
        for file in files.split()
        for line in (CHECKOUT / file).read_text().splitlines()
        if not line.lstrip().startswith("#")
    )

    assert reason
    assert [line for line in block.lines if line not in text] == []


@pytest.mark.parametrize("page", PAGES, ids=relative)
def test_every_link_leads_to_a_file_or_a_heading(page):
    links = re.findall(r"\]\(([^)\s]+)\)", page.read_text())

    assert [link for link in links if not leads_somewhere(page, link)] == []


def test_the_index_links_every_page_of_the_docs():
    index = CHECKOUT / "docs" / "index.md"
    links = re.findall(r"\]\(([^)\s#]+)", index.read_text())
    linked = {(index.parent / link).resolve() for link in links}

    assert [str(page) for page in (CHECKOUT / "docs").rglob("*.md") if page not in linked] == [
        str(index)
    ]


@pytest.mark.parametrize(
    "words",
    [
        "identity resolution",
        "merge",
        "unmerge",
        "GDPR erasure",
        "idempotency",
        "rate limit",
        "dead-letter queue",
        "backpressure",
        "latency",
        "throughput",
        "readiness",
    ],
)
def test_a_heading_has_the_words_that_readers_search_for(words):
    headings = [
        text.text.lower()
        for page in PAGES
        for text in texts.read(page)
        if text.kind == "heading" and page.is_relative_to(CHECKOUT / "docs")
    ]

    assert [heading for heading in headings if re.search(rf"\b{words.lower()}\b", heading)]


def leads_somewhere(page, link):
    path, _, heading = link.partition("#")
    if urllib.parse.urlsplit(link).scheme:
        return True
    file = page.parent / path if path else page
    return file.exists() and (not heading or heading in anchors(file.read_text()))


def anchors(text):
    """The anchors of the headings of a page, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {
        re.sub(r"[^\w\- ]", "", heading).strip().lower().replace(" ", "-") for heading in headings
    }


def test_the_page_of_the_api_has_every_route_with_its_scope():
    rows = table((REFERENCE / "http-api.md").read_text(), "Route")

    named = {tuple(code(row[0])[0].split()): (code(row[1]) or [None])[0] for row in rows}

    assert named == {
        (operation.method, operation.path): operation.scope for operation in OPERATIONS
    }


def test_the_page_of_the_errors_has_every_code_with_its_status():
    rows = table((REFERENCE / "errors.md").read_text(), "Status")

    named = {(row[0], name) for row in rows for name in code(row[1])}

    assert named == {(str(status.value), name) for name, status in STATUS.items()}


def test_the_page_of_the_graph_schema_has_every_label_and_relationship_type():
    text = GRAPH_SCHEMA.read_text()
    labels = {code(row[0])[0] for row in table(text, "Label")}
    types = {code(row[0])[0] for row in table(text, "Relationship type")}
    # `(:Customer)`, `[:MERGED_INTO|WAS_MERGED_INTO]`, `[:!LEAVES&!ERASED]`
    names = set(re.findall(r"[:|&]!?([A-Z]\w+)", statements("schema", "write")))

    assert labels == {name for name in names if not name.isupper()}
    assert types == {name for name in names if name.isupper()}


def test_the_page_of_the_graph_schema_has_every_constraint_and_index():
    rows = table(GRAPH_SCHEMA.read_text(), "Constraint or index")
    created = re.findall(r"CREATE (?:CONSTRAINT|INDEX) (\w+)", statements("schema"))

    assert [code(row[0])[0] for row in rows] == created


def test_the_page_of_the_graph_schema_has_every_system_property_of_a_touchpoint():
    _, _, text = GRAPH_SCHEMA.read_text().partition("\n### `Touchpoint`\n")

    assert {code(row[0])[0] for row in table(text, "Property")} == RESERVED_NAMES


def statements(*folders):
    """The text of every statement in these folders of `cypher/`, without comments."""
    files = [file for name in folders for file in sorted((CHECKOUT / "cypher" / name).iterdir())]
    lines = [line for file in files for line in file.read_text().splitlines()]
    return "\n".join(line for line in lines if not line.lstrip().startswith("//"))


@pytest.mark.parametrize("page", PAGES, ids=relative)
def test_a_page_names_only_metrics_that_there_are(page):
    tables = (table(METRICS.read_text(), head) for head in ("Metric", "Metric of a consumer"))
    documented = {code(row[0])[0] for rows in tables for row in rows}

    assert set(re.findall(r"`(waypath_\w+)", page.read_text())) <= documented


def test_the_page_of_security_has_every_open_route():
    page = CHECKOUT / "docs" / "explanation" / "security-and-privacy.md"
    endpoints = [
        endpoint
        for member in vars(main).values()
        if isinstance(member, type)
        for handler in vars(member).values()
        if (endpoint := getattr(handler, ATTRIBUTE, None))
    ]

    named = [route for row in table(page.read_text(), "Open route") for route in code(row[0])]

    assert sorted(named) == sorted(
        f"{endpoint.method} {endpoint.path}" for endpoint in endpoints if endpoint.scope is None
    )


@pytest.mark.parametrize("page", PAGES, ids=relative)
def test_a_page_names_only_tests_that_there_are(page):
    named = re.findall(r"`((?:tests|\.ci)/[\w./-]+)`", page.read_text())

    assert [path for path in named if not (CHECKOUT / path).exists()] == []


def test_each_guarantee_names_a_test():
    lines = (CHECKOUT / "docs" / "contributing" / "evidence.md").read_text().splitlines()
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if "|" in line]
    guarantees = [row for row in rows if row[0] != "Guarantee" and set(row[0]) != {"-"}]

    assert guarantees
    assert [row for row in guarantees if len(row) != 4 or not code(row[2])] == []
