"""`POST /v1/context` for Customers with more Touchpoints than a context counts."""

import pytest
from neo4j import Query

from app.access import api_keys
from app.customers.context import MAX_COUNTED_TOUCHPOINTS
from app.graph import statements
from tests.support import http_client
from tests.support.plans import database_hits

pytest_plugins = ["tests.support.reviewing"]


@pytest.fixture(scope="module")
def context(address, make_key):
    """The context that a query finds."""
    with http_client.Client(
        base_url=address, headers={"X-API-Key": make_key(api_keys.CONTEXT_READ)}, timeout=30
    ) as client:
        yield lambda **query: http_client.ok_json(client.post("/v1/context", json=query))


@pytest.fixture
def busy(cypher, unique):
    """Creates a Customer with Touchpoints at `seconds` since 1970, received an hour later.

    The event of the first is `first`, that of the others `other`.
    """

    def make(seconds, name="", received_after=3600):
        customer = f"cus_{unique}{name}"
        cypher(
            """
            CREATE (customer:Customer {id: $customer, createdAt: datetime.fromepoch(0, 0)})
            WITH customer
            UNWIND $seconds AS second
            CREATE (customer)-[:HAS_TOUCHPOINT]->(:Touchpoint {
              id: $customer + '/' + second, customerId: $customer,
              timestamp: '2026-01-01T00:00:00Z',
              event: CASE WHEN second = $seconds[0] THEN 'first' ELSE 'other' END,
              occurredAt: datetime.fromepoch(second, 0),
              receivedAt: datetime.fromepoch(second + $received_after, 0),
              resolvedBy: 'email', identifiers: [], properties: '{}'
            })
            """,
            customer=customer,
            seconds=list(seconds),
            received_after=received_after,
        )
        return customer

    return make


def counts(context):
    return {event["event"]: event["count"] for event in context["events"]}


def test_events_are_counted_among_the_latest_touchpoints(context, busy):
    customer = busy(range(MAX_COUNTED_TOUCHPOINTS + 5))

    assert counts(context(customer=customer)) == {"other": MAX_COUNTED_TOUCHPOINTS}


def test_the_number_of_counted_touchpoints_is_returned_with_the_total(context, busy):
    response = context(customer=busy(range(MAX_COUNTED_TOUCHPOINTS + 5)))

    assert response["countedTouchpoints"] == MAX_COUNTED_TOUCHPOINTS
    assert response["totalTouchpoints"] == MAX_COUNTED_TOUCHPOINTS + 5


def test_as_many_touchpoints_as_are_counted_are_all_counted(context, busy):
    response = context(customer=busy(range(MAX_COUNTED_TOUCHPOINTS)))

    assert counts(response) == {"other": MAX_COUNTED_TOUCHPOINTS - 1, "first": 1}
    assert not {"countedTouchpoints", "totalTouchpoints"} & set(response)


def test_the_times_are_of_the_first_and_the_last_of_all_touchpoints(context, busy):
    response = context(customer=busy(range(MAX_COUNTED_TOUCHPOINTS + 5)))

    assert (response["firstSeen"], response["lastSeen"]) == (
        "1970-01-01T00:00:00Z",
        "1970-01-01T00:33:24Z",
    )


def test_the_latest_touchpoints_are_returned(context, busy):
    response = context(customer=busy(range(MAX_COUNTED_TOUCHPOINTS + 5)), limit=2)

    assert [touchpoint["occurredAt"] for touchpoint in response["touchpoints"]] == [
        "1970-01-01T00:33:24Z",
        "1970-01-01T00:33:23Z",
    ]


@pytest.fixture
def merged(busy, merge):
    """A Customer with every odd second, and one with the even ones merged into it."""
    odd = busy(range(1, MAX_COUNTED_TOUCHPOINTS, 2), "odd")
    even = busy(range(0, MAX_COUNTED_TOUCHPOINTS + 20, 2), "even")
    merge(odd, even)
    return odd


def test_the_touchpoints_of_merged_customers_are_counted_together(context, merged):
    response = context(customer=merged)

    assert response["totalTouchpoints"] == MAX_COUNTED_TOUCHPOINTS + 10
    assert response["countedTouchpoints"] == sum(counts(response).values())
    # The latest ones: without the first of each of the two.
    assert counts(response) == {"other": MAX_COUNTED_TOUCHPOINTS}


def test_the_first_of_merged_customers_is_the_first_of_all(context, merged):
    assert context(customer=merged)["firstSeen"] == "1970-01-01T00:00:00Z"


@pytest.fixture
def then(context, busy):
    """A context of a Customer as of two hours after 1970, which is before most of its events."""
    customer = busy(range(0, 3600 * MAX_COUNTED_TOUCHPOINTS * 2, 3600))
    return context(customer=customer, asOf="1970-01-01T02:00:00Z")


def test_as_of_a_point_in_time_the_touchpoints_received_by_then_are_counted(then):
    assert counts(then) == {"first": 1, "other": 1}
    assert [touchpoint["event"] for touchpoint in then["touchpoints"]] == ["other", "first"]


def test_as_of_a_point_in_time_the_total_is_unknown(then):
    assert (then["countedTouchpoints"], then.get("totalTouchpoints")) == (2, None)


def test_as_of_a_point_in_time_the_times_are_of_touchpoints_received_by_then(then):
    assert (then["firstSeen"], then["lastSeen"]) == (
        "1970-01-01T00:00:00Z",
        "1970-01-01T01:00:00Z",
    )


def test_as_of_a_point_in_time_the_latest_that_occurred_by_then_are_counted(context, busy):
    customer = busy(range(0, MAX_COUNTED_TOUCHPOINTS * 2), received_after=-3600)

    response = context(customer=customer, asOf="1970-01-01T00:00:09Z")

    assert response["countedTouchpoints"] == 10
    assert response["lastSeen"] == "1970-01-01T00:00:09Z"


def test_as_of_a_point_in_time_few_touchpoints_are_all_counted(context, busy):
    customer = busy(range(10), received_after=-3600)

    response = context(customer=customer, asOf="1970-01-01T00:00:05Z")

    assert sum(counts(response).values()) == 10
    assert "countedTouchpoints" not in response


@pytest.fixture
def cost(driver, database):
    """The database hits of a context that counts 10 Touchpoints."""
    statement = statements.load("read")["context"]

    def run(customer, as_of=None):
        query = Query(f"CYPHER replan=force PROFILE {statement.text}")  # pyright: ignore[reportArgumentType]
        given = {"customer": customer, "keys": [], "asOf": as_of, "limit": 5, "scan": 10}
        parameters = dict.fromkeys(statement.parameters) | given
        with driver.session(database=database.name) as session:
            return database_hits(session.run(query, parameters).consume().profile)

    return run


@pytest.mark.parametrize("as_of", [None, [7200, 0]], ids=["now", "then"])
def test_a_context_costs_the_same_for_few_and_for_many_touchpoints(busy, cost, as_of):
    few, many = busy(range(200), "few"), busy(range(2_000), "many")

    assert cost(many, as_of) == cost(few, as_of)


def test_the_memory_of_a_context_does_not_grow_with_the_square_of_merges(track, context, unique):
    """With 500 visitors who logged in as one person."""
    devices = [f"{unique}-{number}" for number in range(500)]
    track([{"event": "x", "externalId": unique}])
    track([{"event": "x", "anonymousId": device} for device in devices])
    track([{"event": "x", "externalId": unique, "anonymousId": device} for device in devices])

    found = context(externalId=unique)

    assert len(found["merged"]) == len(devices)
    assert len(found["identifiers"]) == len(devices) + 1
    assert found["events"] == [{"event": "x", "count": 2 * len(devices) + 1}]
