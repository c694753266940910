"""The profile of a Customer: its bounds, however many Touchpoints and conflicts there are."""

import pytest
from neo4j import Query

from app.customers import profile
from app.customers.profile import MAX_COUNTED_TOUCHPOINTS, ProfileReader
from app.domain.resolution import ResolutionLimits
from app.graph import statements
from app.graph.graph import Graph
from tests.support.plans import database_hits


@pytest.fixture
async def read(database):
    graph = Graph(database)
    yield ProfileReader(graph, lambda _: None, ResolutionLimits()).read
    await graph.close()


@pytest.fixture
def busy(cypher, unique):
    """Creates a Customer with Touchpoints, one a minute, of which the oldest is `first`."""

    def make(count):
        customer = f"cus_{unique}{count}"
        cypher(
            """
            CREATE (customer:Customer {id: $customer, createdAt: datetime.fromepoch(0, 0)})
            WITH customer
            UNWIND range(0, $count - 1) AS n
            CREATE (customer)-[:HAS_TOUCHPOINT]->(:Touchpoint {
              id: $customer + '/' + n, customerId: $customer,
              event: CASE n WHEN 0 THEN 'first' ELSE 'other' END,
              timestamp: '2026-01-01T00:00:00Z',
              occurredAt: datetime.fromepoch(60 * n, 0), receivedAt: datetime(),
              resolvedBy: 'email', identifiers: [], properties: '{}'
            })
            """,
            customer=customer,
            count=count,
        )
        return customer

    return make


@pytest.fixture
def conflicting(cypher, unique):
    """Creates a Customer with conflicts, each stronger than the one before."""

    def make(count):
        customer = f"cus_{unique}{count}"
        cypher(
            """
            CREATE (customer:Customer {id: $customer, createdAt: datetime()})
            WITH customer
            UNWIND range(1, $count) AS n
            CREATE (customer)-[:MAY_BE_SAME_AS {
              kind: 'email', firstSeen: datetime(), lastSeen: datetime(), count: n,
              strength: toFloat(n), id: $customer + '~' + n
            }]->(:Customer {id: $customer + '/' + n, createdAt: datetime()})
            """,
            customer=customer,
            count=count,
        )
        return customer

    return make


@pytest.fixture
def hits(driver, database):
    """The number of database hits that a profile takes."""
    text = statements.load("read")["customer_profile"].text
    parameters = {
        "scan": MAX_COUNTED_TOUCHPOINTS,
        "identifiers": profile.MAX_IDENTIFIERS,
        "merges": profile.MAX_MERGES,
        "conflicts": profile.MAX_CONFLICTS,
        "links": profile.MAX_SCANNED_CONFLICTS,
    }

    def of(customer):
        query = Query(f"PROFILE {text}")  # pyright: ignore[reportArgumentType]
        with driver.session(database=database.name) as session:
            result = session.run(query, customer=customer, **parameters)
            return database_hits(result.consume().profile)

    return of


@pytest.mark.anyio
async def test_all_touchpoints_are_in_the_total_and_the_latest_are_counted_by_name(read, busy):
    found = await read(busy(MAX_COUNTED_TOUCHPOINTS + 5))

    assert found.total_touchpoints == MAX_COUNTED_TOUCHPOINTS + 5
    assert [(item.event, item.count) for item in found.events] == [("other", 500)]


@pytest.mark.anyio
async def test_the_first_touchpoint_is_that_of_all(read, busy):
    found = await read(busy(MAX_COUNTED_TOUCHPOINTS + 5))

    assert (found.first_seen, found.last_seen) == ("1970-01-01T00:00:00Z", "1970-01-01T08:24:00Z")


def test_the_cost_does_not_grow_with_the_touchpoints(busy, hits):
    few, many = busy(MAX_COUNTED_TOUCHPOINTS), busy(20 * MAX_COUNTED_TOUCHPOINTS)

    assert hits(many) <= 1.05 * hits(few)


@pytest.mark.anyio
async def test_the_strongest_conflicts_come_first(read, conflicting):
    found = await read(conflicting(60))

    assert [conflict.count for conflict in found.conflicts] == list(range(60, 10, -1))
    assert (found.conflict_count, found.is_partial) == (60, False)


def test_the_cost_does_not_grow_with_the_conflicts(conflicting, hits):
    few, many = conflicting(profile.MAX_SCANNED_CONFLICTS), conflicting(10_000)

    assert hits(many) <= 1.05 * hits(few)


@pytest.mark.anyio
async def test_a_profile_of_more_conflicts_than_are_scanned_reports_it(read, conflicting):
    found = await read(conflicting(profile.MAX_SCANNED_CONFLICTS + 1))

    assert found.is_partial
