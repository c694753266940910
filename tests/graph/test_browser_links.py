"""Links that open Neo4j Browser; what it makes of them is seen in test_neo4j_browser.py."""

from pathlib import Path
from urllib.parse import parse_qs, unquote

import pytest

from app import banner
from app.access import api_keys
from app.banner import Credentials
from app.graph.browser_links import link, link_by_email
from app.graph.embedded.connection import Connection
from app.settings import Settings
from tests.support import http_client
from tests.support.server import serving, wait_until_ready

ADDRESS = "http://127.0.0.1:7474/browser/"
SERVER = "bolt://neo4j@127.0.0.1:7687"


@pytest.fixture
def query(cypher, address):
    """Runs the query of a link."""
    return lambda link: cypher(_parts(link)["arg"][0])


def test_without_an_address_there_is_no_link():
    assert link(None, "cus_x") is None


def test_a_link_edits_the_timeline_query_of_the_customer():
    parts = _parts(link(ADDRESS, "cus_x"))

    assert parts["cmd"] == ["edit"]
    assert "(customer:Customer {id: 'cus_x'})\n" in parts["arg"][0]


def test_a_link_names_the_server_to_connect_to_where_it_is_known():
    assert _parts(link(ADDRESS, "cus_x", SERVER))["connectURL"] == [SERVER]
    assert "connectURL" not in _parts(link(ADDRESS, "cus_x"))


@pytest.mark.parametrize("text", ["a&arg=b", "a#b", "a'b", "a\\b", "a%20b+c", "{id}"])
def test_a_link_ends_nowhere_but_at_its_end(text):
    whole = unquote(link_by_email(ADDRESS, text))

    assert whole.count("#") == 0
    assert whole.count("&") == 1
    assert whole.endswith("LIMIT 100")


@pytest.mark.parametrize("text", ["o'neil&co", "a\\b", "a#b", "50%+{1}"])
def test_the_query_of_a_link_means_the_text_that_it_was_made_for(cypher, text):
    query = _parts(link_by_email(ADDRESS, text))["arg"][0]
    literal = query.partition("value: ")[2].partition("})-->")[0]

    assert cypher(f"RETURN {literal} AS text") == [{"text": text}]


def test_the_query_of_a_link_has_the_touchpoints_newest_first(ingest, query, unique):
    email = f"{unique}@acme.com"
    for day in (3, 1, 2):
        customer = ingest(email=email, timestamp=f"2026-04-0{day}T00:00:00Z")["customerId"]

    rows = query(link(ADDRESS, customer))

    assert [row["touchpoint"]["timestamp"][8:10] for row in rows] == ["03", "02", "01"]


def test_a_context_has_a_link_to_the_browser_that_the_settings_name(
    database, make_key, ingest, unique
):
    customer = ingest(email=f"{unique}@acme.com")["customerId"]
    key = make_key(api_keys.CONTEXT_READ)

    with serving(database, Settings(neo4j_browser=ADDRESS)) as address:
        wait_until_ready(address)
        response = http_client.post(
            f"{address}/v1/context", headers={"X-API-Key": key}, json={"customer": customer}
        )

    assert response.json()["browser"] == link(ADDRESS, customer)


def test_the_banner_links_to_the_customer_of_its_curl_and_to_the_server():
    connection = Connection("bolt://127.0.0.1:7687", "neo4j", "secret", ADDRESS)

    credentials = Credentials("wp_x", Path("development-key"), connection, Path("password"))

    text = banner.embedded("http://127.0.0.1:8000", credentials, is_terminal=True)

    assert '"email": "jane@acme.com"' in text
    assert f"\n{link_by_email(ADDRESS, 'jane@acme.com', SERVER)}\n" in text


def _parts(link):
    return parse_qs(link.partition("?")[2])
