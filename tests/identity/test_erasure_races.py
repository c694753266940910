"""Erasures while events stream in: nothing of who is erased is left, and nothing of others lost."""

import itertools
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from app.ingest.results import UNKNOWN_CUSTOMER
from tests.support.phones import phone_number

pytest_plugins = ["tests.support.erasing"]

# Of one test, by the word that is in all of its keys.
LEFT = """
CALL () {
  MATCH (node:Touchpoint)
  WHERE NOT EXISTS { (node)<-[:HAS_TOUCHPOINT]-(:Customer {id: node.customerId}) }
  RETURN node, node.identifiers AS names
  UNION ALL
  MATCH (node:Identifier)
  WHERE COUNT { (node)-[:IDENTIFIES]->(:Customer) } <> 1
  RETURN node, [node.value] AS names
}
WITH node, names
WHERE any(name IN names WHERE name CONTAINS $unique)
RETURN labels(node) + keys(node) AS what, names
"""


NAMELESS = "MATCH (t:Touchpoint) WHERE t.customerId IS NULL RETURN collect(t.id) AS ids"


@pytest.fixture
def pool():
    with ThreadPoolExecutor(16) as pool:
        yield pool


def test_an_event_that_matched_before_an_erasure_creates_a_new_customer(
    ingest, erase, held, hold, blocked, pool, cypher, unique
):
    """The event has read whose its email is, and then waits for another one's new key."""
    email, other = f"jane.{unique}@x.com", f"new-{unique}"
    customer = ingest(email=email)["customerId"]
    hold("externalId", other)
    event = pool.submit(ingest, email=email, externalId=other)
    blocked(unique)

    erase(customer)
    held.rollback()

    assert event.result()["resolved"] == "new"
    assert event.result()["customerId"] != customer
    assert cypher(LEFT, unique=unique) == []


def test_a_batch_that_names_a_customer_erased_meanwhile_is_rejected_whole(
    caller, ingest, erase, held, hold, blocked, pool, cypher, unique, phone
):
    """The Customer is there when the batch begins, whose first event then waits for a new key."""
    (before,) = cypher(NAMELESS)
    customer = ingest(externalId=f"jane-{unique}")["customerId"]
    email = f"new.{unique}@x.com"
    hold("email", email)
    events = [
        {"event": "x", "email": email},
        {"event": "x", "customer": customer, "phone": phone},
    ]
    batch = pool.submit(caller.post, "/v1/events", json={"events": events})
    blocked(unique)

    erase(customer)
    held.rollback()

    assert batch.result().status_code == 400
    assert batch.result().json()["error"]["details"] == [
        {"path": "events[1].customer", "message": UNKNOWN_CUSTOMER}
    ]
    assert cypher(LEFT, unique=unique) == []
    (after,) = cypher(NAMELESS)
    assert set(after["ids"]) <= set(before["ids"])


def test_an_event_that_is_not_committed_when_the_erasure_begins_is_erased(
    ingest, erase, held, blocked, pool, cypher, unique
):
    """Of a Customer with many Touchpoints: of one with few, the database rolls the event back."""
    email = f"jane.{unique}@x.com"
    events = [{"event": "x", "email": email}] * 100
    customer = ingest(events)["results"][0]["customerId"]
    held.run(
        """
        MATCH (c:Customer {id: $id})
        CREATE (c)-[:HAS_TOUCHPOINT]->(:Touchpoint {
          id: $event, customerId: $id, identifiers: ['externalId:' + $unique],
          event: 'x', timestamp: '2026-04-29T10:14:32Z', properties: '{}'
        })
        CREATE (:Identifier {kind: 'externalId', value: $unique})
          -[:IDENTIFIES {since: datetime()}]->(c)
        """,
        id=customer,
        event=f"evt_{unique}",
        unique=unique,
    ).consume()
    erasure = pool.submit(erase, customer)
    blocked(customer)

    held.commit()

    result = erasure.result()
    assert (result["touchpoints"], result["identifiers"]) == (101, 2)
    assert cypher("MATCH (t:Touchpoint {id: $id}) RETURN t", id=f"evt_{unique}") == []
    assert cypher(LEFT, unique=unique) == []


def test_a_merge_and_an_erasure_at_once_come_to_one_or_the_other(
    caller, ingest, pool, cypher, unique
):
    for n in range(10):
        one, two = (
            ingest(email=f"{name}{n}.{unique}@x.com")["customerId"] for name in ("one", "two")
        )
        body = {"from": two, "reason": "x"}
        merge = pool.submit(caller.post, f"/v1/customers/{one}/merge", json=body)
        erasure = pool.submit(caller.delete, f"/v1/customers/{two}")

        merged, erased = merge.result(), erasure.result()
        if merged.status_code == 200:
            assert erased.json()["customers"] == [one, two]
        else:
            assert merged.status_code in (404, 409), merged.text
            assert erased.json()["customers"] == [two]
    assert cypher(LEFT, unique=unique) == []


def test_concurrent_erasures_of_a_customer_return_one_erasure(ingest, erase, pool, cypher, unique):
    customer = ingest(email=f"jane.{unique}@x.com")["customerId"]

    erasures = list(pool.map(erase, [customer] * 16))

    assert erasures == [erasures[0]] * 16
    (row,) = cypher(
        "MATCH (e:Erasure) WHERE $customer IN e.customers RETURN collect(e.customers) AS all",
        customer=customer,
    )
    assert row["all"] == [[customer]]


def test_an_erasure_under_load_leaves_no_data_and_loses_none_of_others(
    caller, ingest, erase, pool, cypher, unique
):
    emails = [f"p{n}.{unique}@x.com" for n in range(4)]
    numbers = itertools.count()
    stored: dict[str, str] = {}
    erased: set[str] = set()
    done = threading.Event()

    def stream(number):
        while not done.is_set():
            fresh = next(numbers)
            bodies = [
                {"event": "x", "email": emails[(number + n) % 4], **more}
                for n, more in enumerate(
                    (
                        {},
                        {"externalId": f"{fresh}-{unique}"},
                        {"phone": phone_number(unique, number)},
                    )
                )
            ]
            results = ingest(bodies)["results"]
            stored.update({result["eventId"]: result["customerId"] for result in results})
            named = {"event": "x", "customer": results[0]["customerId"], "externalId": unique}
            body = caller.post("/v1/events", json=named)
            if body.status_code == 200:
                stored[body.json()["eventId"]] = body.json()["customerId"]
            else:
                assert body.json()["error"]["details"][0]["message"] == UNKNOWN_CUSTOMER

    def erase_some(number):
        gone: set[str] = set()
        while len(gone) < 5 and not done.is_set():
            query = {"email": emails[(number + len(gone)) % 4]}
            response = caller.post("/v1/context", json=query)
            if response.status_code == 200:
                gone.update(erase(response.json()["customerId"])["customers"])
        erased.update(gone)

    writers = [pool.submit(stream, n) for n in range(4)]
    erasers = [pool.submit(erase_some, n) for n in range(3)]
    try:
        for eraser in erasers:
            eraser.result(timeout=120)
    finally:
        done.set()
    for writer in writers:
        writer.result()

    kept = {event: customer for event, customer in stored.items() if customer not in erased}
    rows = cypher(
        """
        UNWIND $ids AS id
        MATCH (customer:Customer)-[:HAS_TOUCHPOINT]->(:Touchpoint {id: id})
        RETURN id, customer.id AS customer
        """,
        ids=list(stored),
    )
    assert len(erased) >= 5
    assert {row["id"]: row["customer"] for row in rows} == kept
    assert cypher(LEFT, unique=unique) == []
    assert cypher("MATCH (l:Leftover) WHERE l.id IN $ids RETURN l", ids=list(erased)) == []
