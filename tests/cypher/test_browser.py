"""The queries in `cypher/browser/`, which people run in Neo4j Browser."""

import uuid
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from neo4j import Query

from app.graph import browser_links, statements
from tests.support.plans import operators

STATEMENTS = statements.load("browser")
SCANS = {"AllNodesScan", "NodeByLabelScan", "IntersectionNodeByLabelsScan"}


@pytest.fixture
def run(driver, database, address):
    """Runs a saved query, and returns its records."""

    def of(name, **parameters):
        text = STATEMENTS[name].text
        return driver.execute_query(text, parameters, database_=database.name).records

    return of


@pytest.fixture
def email(unique):
    return f"{unique}@acme.com"


@pytest.fixture
def same(ingest, email, phone):
    """The ids of two Customers who may be the same person, by their phone and by their email."""
    by_phone, by_email, _ = (
        ingest(**keys)["customerId"]
        for keys in ({"phone": phone}, {"email": email}, {"email": email, "phone": phone})
    )
    return by_phone, by_email


@pytest.fixture
def merge(cypher):
    """Merges the second Customer into the first, as the service does."""

    def of(survivor, merged):
        cypher(
            statements.load("write")["merge"].text,
            id=f"mrg_{uuid.uuid4().hex}",
            survivor=survivor,
            merged=merged,
            at=[1_780_000_000, 0],
            by="key_test",
            reason="one person",
        )

    return of


@pytest.mark.parametrize("name", STATEMENTS)
def test_a_saved_query_begins_with_a_title_that_fits_the_list_of_saved_queries(name):
    title, _, rest = (statements.folder("browser") / f"{name}.cypher").read_text().partition("\n")

    assert title.startswith("// ")
    assert 10 < len(title) < 40
    assert rest.startswith("//\n")


@pytest.mark.parametrize("name", sorted(set(STATEMENTS) - {"new_customers"}))
def test_a_saved_query_scans_no_nodes(driver, database, address, name):
    assert not _operators(driver, database, name) & SCANS


def test_new_customers_scan_nothing_but_the_customers(driver, database, address):
    assert _operators(driver, database, "new_customers") & SCANS == {"NodeByLabelScan"}


def test_the_timeline_is_a_customer_with_its_keys_and_its_touchpoints_newest_first(
    ingest, run, email
):
    for day in (3, 1, 2):
        ingest(email=email, externalId=f"crm-{email}", timestamp=f"2026-04-0{day}T00:00:00Z")

    records = run("timeline", who=email)

    assert [record["touchpoint"]["timestamp"][:10] for record in records] == [
        "2026-04-03",
        "2026-04-02",
        "2026-04-01",
    ]
    assert {record["customer"]["id"] for record in records} == {
        records[0]["touchpoint"]["customerId"]
    }
    assert {record["value"] for record in records[0]["identifiers"]} == {email, f"crm-{email}"}


def test_the_timeline_ends_after_the_latest_hundred(ingest, run, email):
    ingest([{"event": f"n{n}", "email": email} for n in range(101)])

    records = run("timeline", who=email)

    assert [record["touchpoint"]["event"] for record in records] == [
        f"n{n}" for n in range(100, 0, -1)
    ]


def test_the_timeline_of_an_identifier_without_an_owner_is_empty(run, email):
    assert not run("timeline", who=email)


@pytest.mark.parametrize("name", ["timeline", "timeline_table"])
def test_a_timeline_includes_merged_customers(run, merge, same, email, name):
    merge(*same)

    assert len(run(name, who=email)) == 3


def test_the_timeline_draws_the_surviving_customer_all_identifiers_and_the_owner_of_a_touchpoint(
    run, merge, same, email
):
    by_phone, by_email = same
    merge(by_phone, by_email)

    records = run("timeline", who=email)

    assert {record["customer"]["id"] for record in records} == {by_phone}
    assert {record["member"]["id"] for record in records} == {by_phone, by_email}
    assert {record["kind"] for record in records[0]["identifiers"]} == {"phone", "email"}


def test_a_link_into_neo4j_browser_shows_the_touchpoints_of_merged_customers(cypher, merge, same):
    by_phone, by_email = same
    merge(by_phone, by_email)
    query = parse_qs(urlsplit(browser_links.link("http://x/", by_phone) or "").query)["arg"][0]

    assert {record["member"]["id"] for record in cypher(query)} == {by_phone, by_email}


def test_the_table_has_the_sent_properties_newest_first(ingest, run, email):
    ingest(event="first", email=email, timestamp="2026-04-29T10:00:00+02:00")
    ingest(event="second", email=email, properties={"a": 1}, timestamp="2026-04-29T09:00:00Z")

    second, first = (record.data() for record in run("timeline_table", who=email))

    assert second == {
        "timestamp": "2026-04-29T09:00:00Z",
        "event": "second",
        "properties": '{"a":1}',
        "resolvedBy": "email",
        "identifiers": [f"email:{email}"],
    }
    assert (first["timestamp"], first["event"]) == ("2026-04-29T10:00:00+02:00", "first")


def test_the_identity_graph_has_both_customers_of_a_conflict(run, same, email):
    paths = [record["path"] for record in run("identity", who=email)]

    assert {node["id"] for path in paths for node in path.nodes[:-1]} == set(same)
    assert {path.nodes[-1]["kind"] for path in paths} == {"email", "phone"}


def test_the_identity_graph_of_a_customer_without_conflicts_is_the_customer_and_its_identifiers(
    ingest, run, email
):
    customer = ingest(email=email)["customerId"]

    (record,) = run("identity", who=email)

    assert [node.get("id") or node.get("value") for node in record["path"].nodes] == [
        customer,
        email,
    ]


def test_the_identity_graph_of_a_surviving_customer_has_the_merged_ones(run, merge, same, email):
    by_phone, by_email = same
    merge(by_phone, by_email)

    paths = [record["path"] for record in run("identity", who=email)]

    types = {relationship.type for path in paths for relationship in path.relationships}
    assert {node["id"] for path in paths for node in path.nodes if "id" in node} == set(same)
    assert {"MERGED_INTO", "IDENTIFIES"} <= types


@pytest.mark.alone  # the query draws the 50 latest Customers
def test_a_customer_created_and_merged_today_is_drawn_with_the_identifiers_of_the_surviving_one(
    run, merge, same, email
):
    merge(*same)

    paths = [record["path"] for record in run("new_customers")]

    drawn = {(p.start_node["value"], p.end_node["id"]) for p in paths}
    assert {(email, customer) for customer in same} <= drawn


@pytest.mark.alone  # the query draws the 50 latest Customers
def test_a_customer_just_made_is_among_todays_with_its_keys(ingest, run, email):
    customer = ingest(email=email)["customerId"]

    paths = [record["path"] for record in run("new_customers")]

    assert (email, customer) in {(p.start_node["value"], p.end_node["id"]) for p in paths}


def test_a_customer_of_yesterday_is_not_among_todays(ingest, run, cypher, email):
    customer = ingest(email=email)["customerId"]
    cypher(
        "MATCH (c:Customer {id: $id}) SET c.createdAt = c.createdAt - duration('P1D')", id=customer
    )

    assert customer not in {record["path"].end_node["id"] for record in run("new_customers")}


def test_the_pair_that_disagreed_last_is_among_the_same_people_with_its_keys(run, same, email):
    paths = [record["path"] for record in run("same_people")]

    (path,) = (path for path in paths if email in {node.get("value") for node in path.nodes})
    assert {node["id"] for node in path.nodes[1:3]} == set(same)
    assert {path.start_node["kind"], path.end_node["kind"]} == {"email", "phone"}


def test_a_pair_that_was_merged_is_not_among_the_same_people(run, merge, same, email):
    merge(*same)

    paths = [record["path"] for record in run("same_people")]

    assert email not in {node.get("value") for path in paths for node in path.nodes}


def test_a_dismissed_pair_is_not_among_the_same_people(run, cypher, same, email):
    cypher(
        "MATCH (a:Customer {id: $a}), (b:Customer {id: $b}) CREATE (b)-[:NOT_SAME_AS]->(a)",
        **dict(zip("ab", same, strict=True)),
    )

    paths = [record["path"] for record in run("same_people")]

    assert email not in {node.get("value") for path in paths for node in path.nodes}


def test_a_pair_with_a_merged_customer_is_drawn_with_the_identifiers_of_the_surviving_one(
    ingest, run, merge, same, email
):
    survivor = ingest(externalId=f"crm-{email}")["customerId"]
    merge(survivor, same[1])

    paths = [record["path"] for record in run("same_people")]

    keys = {node.get("value") for path in paths for node in (path.start_node, path.end_node)}
    assert {f"crm-{email}"} <= keys


def test_merged_customers_count_as_one_on_a_day(ingest, run, merge, unique):
    day = datetime.now(UTC).date() - timedelta(days=1)
    before = _on(day, run("events_per_day", days=2))
    one, other = (
        ingest(externalId=f"{n}-{unique}", timestamp=f"{day}T12:00:00Z")["customerId"]
        for n in range(2)
    )
    merge(one, other)

    events, customers = _on(day, run("events_per_day", days=2))

    assert (events, customers) == (before[0] + 2, before[1] + 1)


def test_events_are_counted_on_the_day_on_which_they_occurred(ingest, run, email):
    day = datetime.now(UTC).date() - timedelta(days=1)
    before = _on(day, run("events_per_day", days=2))

    ingest([{"event": "x", "email": email, "timestamp": f"{day}T23:59:59.9Z"} for _ in range(3)])

    events, customers = _on(day, run("events_per_day", days=2))
    assert (events, customers) == (before[0] + 3, before[1] + 1)


def test_days_before_the_first_one_are_not_counted(ingest, run, email):
    yesterday = datetime.now(UTC) - timedelta(days=1)
    ingest(email=email, timestamp=yesterday.isoformat())
    ingest(email=email)

    assert [record["day"] for record in run("events_per_day", days=1)] == [
        str(datetime.now(UTC).date())
    ]


def _operators(driver, database, name):
    statement = STATEMENTS[name]
    query = Query(f"EXPLAIN {statement.text}")  # pyright: ignore[reportArgumentType]
    with driver.session(database=database.name) as session:
        plan = session.run(query, dict.fromkeys(statement.parameters)).consume().plan
    return {operator for _, operator in operators(plan)}


def _on(day, records):
    counts = {record["day"]: (record["events"], record["customers"]) for record in records}
    return counts.get(str(day), (0, 0))
