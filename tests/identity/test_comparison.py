"""The comparison of two Customers, and the names of Customers."""

import pytest
from neo4j import Query

from app.customers.names import NameReader
from app.errors import IdentityConflictNotFound
from app.graph import statements
from app.identity.comparison import ComparisonReader
from tests.support.plans import database_hits

pytestmark = pytest.mark.anyio
pytest_plugins = ["tests.support.reviewing"]


@pytest.fixture
def compare(graph):
    return ComparisonReader(graph).read


async def test_a_comparison_has_the_evidence_and_the_events_of_both_directions(
    people, ingest, send_conflict, phone, unique, compare
):
    (one, email), (other, others_email) = people(2)
    ingest(email=email, externalId=unique)
    ingest(email=others_email, phone=phone)
    events = [send_conflict(email, phone=phone), send_conflict(others_email, externalId=unique)]

    comparison = await compare(f"{one}~{other}")

    pairs = {(item.identifier, item.owner, item.seen_with) for item in comparison.conflicting}
    assert pairs == {(f"phone:{phone}", other, one), (f"externalId:{unique}", one, other)}
    assert [event.event_id for event in comparison.events] == events[::-1]
    assert (comparison.kinds, comparison.count) == (["phone", "externalId"], 2)


async def test_events_of_the_owner_of_an_identifier_are_no_evidence(two, ingest, phone, compare):
    ingest(event="own", phone=phone)

    comparison = await compare(f"{two[0]}~{two[1]}")

    assert [event.event for event in comparison.events] == ["x"]


async def test_a_comparison_names_the_conflict_of_merged_customers(two, people, merge, compare):
    ((survivor, _),) = people(1)
    merge(survivor, two[0])

    comparison = await compare(f"{two[1]}~{survivor}")

    assert set(comparison.of) == set(two)
    assert {side.customer_id: side.customers for side in comparison.customers} == {
        survivor: 2,
        two[1]: 1,
    }


async def test_merged_customers_have_one_side_and_the_merges_between_them(
    two, people, merge, compare
):
    ((third, _),) = people(1)
    first, second = merge(third, two[0]), merge(third, two[1])
    merge(people(1)[0][0], third)

    comparison = await compare(f"{two[0]}~{two[1]}")

    assert len(comparison.customers) == 1
    assert [merge.id for merge in comparison.merges] == [second["mergeId"], first["mergeId"]]
    assert (comparison.conflicting, comparison.kinds) == ([], [])


async def test_a_comparison_has_the_dismissals(two, dismiss, undo_dismissal, compare):
    pair = "~".join(two)
    dismissed = dismiss("~".join(sorted(two)))
    before = (await compare(pair)).dismissals
    undo_dismissal(dismissed)

    assert [(item.id, item.reason) for item in before] == [(dismissed.json()["id"], "a couple")]
    assert (await compare(pair)).dismissals == []


@pytest.mark.parametrize("pair", ["", "~", "a", "a~a", "cus_nobody~cus_noone"])
async def test_a_pair_that_does_not_exist_is_not_found(compare, pair):
    with pytest.raises(IdentityConflictNotFound):
        await compare(pair)


@pytest.mark.parametrize("count", [50, 2_000])
async def test_a_comparison_costs_the_same_for_few_and_for_many_touchpoints(
    two, cypher, driver, database, count
):
    cypher(
        "MATCH (c:Customer {id: $id}) UNWIND range(1, $count) AS n "
        "CREATE (c)-[:HAS_TOUCHPOINT]->(:Touchpoint {id: c.id + n, customerId: c.id, event: 'x', "
        "occurredAt: datetime.fromepoch(n, 0), timestamp: '2026-01-01T00:00:00Z', "
        "receivedAt: datetime(), resolvedBy: 'email', identifiers: [], properties: '{}'})",
        id=two[0],
        count=count,
    )
    statement = statements.load("read")["comparison"]
    query = Query(f"CYPHER replan=force PROFILE {statement.text}")  # pyright: ignore[reportArgumentType]
    parameters = {"identifiers": 5, "keys": 5, "scan": 20, "events": 5}

    with driver.session(database=database.name) as session:
        result = session.run(query, parameters, one=two[0], other=two[1])
        events, cost = result.data()[0]["events"], database_hits(result.consume().profile)

    assert len(events) == 1
    assert cost < 600


async def test_a_customer_is_named_by_its_strongest_identifier(ingest, unique, graph):
    ingest(externalId=unique)
    customer = ingest(email=f"{unique}@acme.com", externalId=unique)["customerId"]

    names = await NameReader(graph).read([customer, "cus_nobody"])

    assert names == {customer: f"{unique}@acme.com"}


async def test_a_merged_customer_is_named_by_its_own_identifier(two, merge, graph, phone, people):
    merge(two[1], two[0])
    reader = NameReader(graph)

    own, all_ = [await reader.read(two, own=own) for own in (True, False)]

    assert own[two[0]] == all_[two[0]]
    assert own[two[0]] != own[two[1]]
