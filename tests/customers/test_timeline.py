"""`GET /v1/customers/{id}/timeline`: a Customer's Touchpoints, page by page."""

import pytest
from neo4j import Query

from app.access import api_keys
from app.customers.timeline import MAX_SCANNED_TOUCHPOINTS
from app.graph import statements
from tests.support import http_client
from tests.support.plans import database_hits


@pytest.fixture(scope="module")
def read(address, make_key):
    """Asks for a page of a Customer's timeline, and returns the response."""
    with http_client.Client(
        base_url=address, headers={"X-API-Key": make_key(api_keys.CONTEXT_READ)}, timeout=30
    ) as client:
        yield lambda customer, /, **query: client.get(
            f"/v1/customers/{customer}/timeline", params=query
        )


@pytest.fixture
def page(read):
    """A page of a Customer's timeline."""

    def of(customer, /, **query):
        return http_client.ok_json(read(customer, **query))

    return of


@pytest.fixture
def send(ingest, unique):
    """Sends events of one person, named after their timestamps; returns the Customer."""

    def of(*timestamps):
        events = [
            {"event": timestamp, "externalId": unique, "timestamp": timestamp}
            for timestamp in timestamps
        ]
        return ingest(events)["results"][0]["customerId"]

    return of


def day(number, rest="T00:00:00Z"):
    return f"2026-04-{number:02}{rest}"


def test_the_newest_comes_first_in_any_order_of_arrival(send, page):
    customer = send(day(2), day(3), day(1))

    response = page(customer)

    assert response["customerId"] == customer
    assert [touchpoint["event"] for touchpoint in response["touchpoints"]] == [
        day(3),
        day(2),
        day(1),
    ]


def test_times_are_compared_as_instants_and_not_as_text(send, event_names):
    early, late = day(2, "T00:30:00+02:00"), day(1, "T23:00:00Z")

    assert event_names(send(early, late)) == [late, early]


def test_a_nanosecond_makes_a_difference(send, event_names):
    early, late = day(1, "T00:00:00.000000001Z"), day(1, "T00:00:00.000000002Z")

    assert event_names(send(late, early)) == [late, early]


def test_an_item_has_the_sent_and_the_derived_values(ingest, page, unique):
    sent = {
        "event": "page_viewed",
        "email": f"{unique}@acme.com",
        "timestamp": "2026-04-29T10:14:32+02:00",
        "properties": {"url": "/pricing"},
    }
    response = ingest(**sent)

    (item,) = page(response["customerId"])["touchpoints"]

    assert item.pop("receivedAt")
    assert item == {
        "eventId": response["eventId"],
        "event": "page_viewed",
        "timestamp": "2026-04-29T10:14:32+02:00",
        "occurredAt": "2026-04-29T08:14:32Z",
        "resolved": "new",
        "identifiers": [f"email:{unique}@acme.com"],
        "properties": {"url": "/pricing"},
    }


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 8])
def test_pages_of_any_length_come_to_the_whole_timeline(send, event_names, limit):
    timestamps = [day(number) for number in range(7, 0, -1)]

    assert event_names(send(*timestamps), limit=limit) == timestamps


def test_the_last_page_has_no_cursor(send, page):
    assert "nextCursor" not in page(send(day(1), day(2)), limit=2)


def test_events_of_the_same_time_are_in_the_order_of_their_ids_over_all_pages(ingest, page, unique):
    response = ingest([{"event": "x", "externalId": unique, "timestamp": day(1)} for _ in range(9)])
    ids = [result["eventId"] for result in response["results"]]
    customer, cursor, listed_ids = response["results"][0]["customerId"], None, []

    while len(listed_ids) < 9:
        body = page(customer, limit=2, **({"cursor": cursor} if cursor else {}))
        listed_ids += [item["eventId"] for item in body["touchpoints"]]
        cursor = body.get("nextCursor")

    assert listed_ids == sorted(ids, reverse=True)


def test_an_event_between_two_pages_repeats_and_hides_nothing(send, page):
    customer = send(day(2), day(4), day(6), day(8))
    first = page(customer, limit=2)
    send(day(7), day(9), day(5), day(3))

    second = page(customer, limit=10, cursor=first["nextCursor"])

    assert [touchpoint["event"] for touchpoint in first["touchpoints"]] == [day(8), day(6)]
    assert [touchpoint["event"] for touchpoint in second["touchpoints"]] == [
        day(5),
        day(4),
        day(3),
        day(2),
    ]


def test_from_is_inclusive_and_to_is_exclusive(send, event_names):
    customer = send(*(day(number) for number in range(1, 6)))

    assert event_names(customer, **{"from": day(2), "to": day(4)}) == [day(3), day(2)]


def test_a_range_applies_to_every_page(send, event_names):
    customer = send(*(day(number) for number in range(1, 9)))

    names = event_names(customer, **{"from": day(2), "to": day(7), "limit": 2})

    assert names == [day(6), day(5), day(4), day(3), day(2)]


def test_an_event_name_applies_to_every_page(send, event_names):
    customer = send(day(1), day(2), day(2), day(3), day(2))

    assert event_names(customer, event=day(2), limit=1) == [day(2)] * 3


def test_a_text_that_is_empty_counts_as_absent(send, page):
    customer = send(day(1), day(2))
    empty = dict.fromkeys(("cursor", "event", "from", "to", "asOf"), "")

    assert page(customer, **empty) == page(customer)


def test_a_rare_event_is_found_behind_many_others(send, event_names, cypher):
    customer = send(day(1))
    cypher(
        """
        UNWIND range(1, $count) AS n
        CREATE (:Touchpoint {
          id: $customer + n, customerId: $customer, event: 'other', timestamp: 'x',
          occurredAt: datetime('2026-05-01T00:00:00Z'), receivedAt: datetime(),
          resolvedBy: 'email', identifiers: [], properties: '{}'
        })
        """,
        count=2 * MAX_SCANNED_TOUCHPOINTS + 5,
        customer=customer,
    )

    assert event_names(customer, event=day(1)) == [day(1)]


def test_as_of_leaves_out_later_events(send, page, event_names):
    customer = send(day(1))
    moment = page(customer)["touchpoints"][0]["receivedAt"]
    send(day(2))

    assert event_names(customer, asOf=moment) == [day(1)]


def test_an_unknown_customer_is_404(read):
    response = read("cus_nobody")

    assert (response.status_code, response.json()["error"]["code"]) == (404, "unknown_customer")


@pytest.mark.parametrize(
    ("query", "path"),
    [
        ({"limit": 0}, "limit"),
        ({"limit": ""}, "limit"),
        ({"limit": "many"}, "limit"),
        ({"limit": 201}, "limit"),
        ({"from": "yesterday"}, "from"),
        ({"to": "2026-04-31T00:00:00Z"}, "to"),
        ({"asOf": "x"}, "asOf"),
        ({"cursor": "x"}, "cursor"),
        ({"cursor": "ü"}, "cursor"),
        ({"cursor": "W10"}, "cursor"),
        ({"cursor": "WzFlOTksMCwieCJd"}, "cursor"),
        ({"cursor": "Wzk5OTk5OTk5OTk5OTk5OSwwLCJ4Il0"}, "cursor"),
        ({"customer": "cus_other"}, "customer"),
        ({"limt": 3}, "limt"),
    ],
)
def test_an_invalid_query_is_400_and_names_the_error(send, read, query, path):
    response = read(send(day(1)), **query)

    error = response.json()["error"]
    assert (response.status_code, error["code"]) == (400, "invalid_payload")
    assert error["details"][0]["path"] == path


def test_a_parameter_that_comes_twice_is_400(send, read):
    response = read(send(day(1)), limit=[1, 2])

    assert response.json()["error"]["details"][0]["path"] == "limit"


@pytest.fixture
def profile(driver, database):
    """Runs the statement of a page, and gives how many Touchpoints it returned for what cost."""
    statement = statements.load("read")["timeline"]

    def run(**parameters):
        query = Query(f"CYPHER replan=force PROFILE {statement.text}")  # pyright: ignore[reportArgumentType]
        with driver.session(database=database.name) as session:
            result = session.run(query, dict.fromkeys(statement.parameters) | parameters)
            (row,) = result.data()
            return len(row["touchpoints"]), database_hits(result.consume().profile)

    return run


@pytest.fixture
def busy(send, cypher):
    """A Customer with `count` Touchpoints, the `n`-th of them at second n since 1970."""

    def make(count, second):
        customer = send(day(1))
        cypher(
            f"""
            UNWIND range(1, $count) AS n
            CREATE (:Touchpoint {{
              id: $customer + '/' + right('0000' + n, 5), customerId: $customer, event: 'other',
              timestamp: 'x', occurredAt: datetime.fromepoch({second}, 0), receivedAt: datetime(),
              resolvedBy: 'email', identifiers: [], properties: '{{}}'
            }})
            """,
            count=count,
            customer=customer,
        )
        return customer

    return make


@pytest.mark.parametrize("count", [10, 2_000])
@pytest.mark.parametrize("second", ["n", "1"], ids=["moments of their own", "one moment"])
@pytest.mark.parametrize("skipped", [0, 3], ids=["the first page", "a later page"])
def test_a_page_costs_the_same_for_few_and_for_many(profile, busy, count, second, skipped):
    customer = busy(count, second)
    last = count - skipped
    position = {"at": [last if second == "n" else 1, 0], "id": f"{customer}/{last:05}"}

    touchpoint_count, cost = profile(
        customer=customer, before=position if skipped else None, scan=6, limit=5
    )

    assert touchpoint_count == 6
    assert cost < 500
