"""Splits over HTTP: a Customer of several people is split, and merged again."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.support import http_client

pytest_plugins = ["tests.support.reviewing"]


@pytest.fixture
def office(ingest, unique, phone):
    """The id of a Customer whom a phone has made of Jane and Joe, and the phone."""
    jane, joe = f"jane.{unique}@x.com", f"joe.{unique}@x.com"
    customer = ingest(email=jane, phone=phone)["customerId"]
    ingest(phone=phone, externalId=f"joe-{unique}")
    for _ in range(2):
        ingest(phone=phone)
    # An event that names a Customer attaches its identifiers without an owner to it.
    ingest(customer=customer, email=joe, externalId=f"joe-{unique}")
    return customer, f"phone:{phone}"


@pytest.fixture
def split(reviewer):
    def run(customer, *shared):
        body = {"shared": list(shared), "reason": "the office's phone"}
        return http_client.ok_json(reviewer.post(f"/v1/customers/{customer}/split", json=body))

    return run


def test_a_preview_shows_the_identifiers_that_came_together(reviewer, office, unique):
    customer, phone = office

    preview = reviewer.post(f"/v1/customers/{customer}/split-preview", json={"shared": [phone]})

    assert preview.json() == {
        "customerId": customer,
        "stays": {"identifiers": [f"email:jane.{unique}@x.com", phone], "touchpoints": 3},
        "parts": [
            {
                "identifiers": [f"externalId:joe-{unique}", f"email:joe.{unique}@x.com"],
                "touchpoints": 2,
            }
        ],
    }


def test_a_preview_without_a_body_finds_all_connected(reviewer, office):
    customer, _ = office

    preview = reviewer.post(f"/v1/customers/{customer}/split-preview")

    assert (preview.status_code, preview.json()["parts"]) == (200, [])


def test_a_part_is_a_customer_by_itself(split, ingest, office, unique):
    customer, phone = office

    (part,) = split(customer, phone)["parts"]

    assert ingest(email=f"joe.{unique}@x.com")["customerId"] == part["customerId"]
    assert ingest(email=f"jane.{unique}@x.com")["customerId"] == customer


def test_the_touchpoints_go_with_their_identifiers(cypher, split, office):
    customer, phone = office
    (part,) = split(customer, phone)["parts"]

    rows = cypher(
        """
        MATCH (customer:Customer)-[:HAS_TOUCHPOINT]->(t:Touchpoint)
        WHERE customer.id IN $ids AND t.customerId = customer.id
        RETURN customer.id AS id, count(t) AS count
        """,
        ids=[customer, part["customerId"]],
    )

    assert {row["id"]: row["count"] for row in rows} == {customer: 3, part["customerId"]: 2}


def test_splits_at_once_make_each_part_once(reviewer, office, cypher):
    customer, phone = office
    body = {"shared": [phone], "reason": "the office's phone"}

    with ThreadPoolExecutor(8) as pool:
        responses = list(
            pool.map(
                lambda _: reviewer.post(f"/v1/customers/{customer}/split", json=body), range(8)
            )
        )

    assert sorted(response.status_code for response in responses) == [200, *[409] * 7]
    assert cypher(
        "MATCH (:Customer {id: $id})<-[:SPLIT_FROM]-(part) RETURN count(part) AS count", id=customer
    ) == [{"count": 1}]


def test_a_shared_identifier_connects_no_customers(split, ingest, office, unique):
    customer, phone = office
    split(customer, phone)

    new = ingest(email=f"third.{unique}@x.com", phone=phone.partition(":")[2])

    assert new["resolved"] == "new"
    assert ingest(phone=phone.partition(":")[2])["customerId"] == customer


def test_a_split_that_is_undone_is_one_customer_again(reviewer, split, ingest, office, unique):
    customer, phone = office
    (part,) = split(customer, phone)["parts"]

    undone = reviewer.post(f"/v1/splits/{part['splitId']}/undo", json={"reason": "one person"})

    assert undone.status_code == 200
    assert (undone.json()["customerId"], undone.json()["from"]) == (customer, part["customerId"])
    assert ingest(email=f"joe.{unique}@x.com")["customerId"] == customer


def test_a_replay_after_a_split_names_the_customer_that_has_the_touchpoint_now(
    client, reviewer, split, office, unique
):
    customer, phone = office
    event = {"event": "x", "email": f"joe.{unique}@x.com"}
    headers = {"Idempotency-Key": unique}
    first = client.post("/v1/events", json=event, headers=headers).json()
    (part,) = split(customer, phone)["parts"]

    replay = client.post("/v1/events", json=event, headers=headers)
    reviewer.post(f"/v1/splits/{part['splitId']}/undo")
    after_the_undo = client.post("/v1/events", json=event, headers=headers)

    assert first["customerId"] == customer
    assert replay.json() == first | {"customerId": part["customerId"]}
    assert replay.headers["Idempotency-Replayed"] == "true"
    assert after_the_undo.content == replay.content


def test_identifiers_connected_by_events_are_not_split(reviewer, person, unique):
    response = reviewer.post(f"/v1/customers/{person}/split", json={"reason": "x"})

    assert (response.status_code, response.json()["error"]["code"]) == (409, "nothing_to_split")


def test_an_identifier_of_another_customer_cannot_be_shared(reviewer, person):
    body = {"shared": ["email:somebody@x.com"], "reason": "x"}

    response = reviewer.post(f"/v1/customers/{person}/split", json=body)

    assert response.json()["error"]["details"] == [
        {"path": "shared[0]", "message": "must be an Identifier of the Customer"}
    ]


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("customers/cus_nobody/split", "unknown_customer"),
        ("customers/cus_nobody/split-preview", "unknown_customer"),
        ("splits/spl_nothing/undo", "unknown_split"),
    ],
)
def test_nothing_is_not_split(reviewer, path, code):
    body = {} if "preview" in path else {"reason": "x"}

    response = reviewer.post(f"/v1/{path}", json=body)

    assert (response.status_code, response.json()["error"]["code"]) == (404, code)


@pytest.fixture
def person(ingest, unique):
    return ingest(email=f"jane.{unique}@x.com", externalId=unique)["customerId"]


def test_a_later_event_stays_where_it_is_though_it_carries_a_key_of_a_part(
    reviewer, split, ingest, office, unique
):
    customer, phone = office
    split(customer, phone)
    later = ingest(customer=customer, externalId=f"joe-{unique}")["eventId"]

    again = reviewer.post(f"/v1/customers/{customer}/split", json={"reason": "again"})

    assert again.json()["error"]["code"] == "nothing_to_split"
    page = reviewer.get(f"/v1/customers/{customer}/timeline").json()
    assert later in [touchpoint["eventId"] for touchpoint in page["touchpoints"]]


def test_an_interrupted_split_is_finished_by_the_next_one(cypher, reviewer, split, office):
    customer, phone = office
    (part,) = split(customer, phone)["parts"]
    cypher(
        """
        MATCH (part:Customer {id: $part})-[has:HAS_TOUCHPOINT]->(t:Touchpoint)
        MATCH (customer:Customer {id: $customer})
        DELETE has
        CREATE (customer)-[:HAS_TOUCHPOINT]->(t)
        SET t.customerId = customer.id
        """,
        part=part["customerId"],
        customer=customer,
    )

    again = reviewer.post(f"/v1/customers/{customer}/split", json={"reason": "again"})

    assert again.json()["error"]["code"] == "nothing_to_split"
    (row,) = cypher(
        "MATCH (:Customer {id: $part})-[:HAS_TOUCHPOINT]->(t) RETURN count(t) AS count",
        part=part["customerId"],
    )
    assert row["count"] == 2
