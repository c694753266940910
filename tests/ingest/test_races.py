"""Many callers at once, on the same people."""

import asyncio
import itertools
import random

import httpx2
import pytest

from tests.support import http_client
from tests.support.phones import phone_number

pytestmark = pytest.mark.anyio

CALLERS = 64


async def send(address, api_key, bodies):
    limits = httpx2.Limits(max_connections=CALLERS)
    headers = {"X-API-Key": api_key}
    async with http_client.AsyncClient(base_url=address, headers=headers, limits=limits) as client:
        return await asyncio.gather(*(client.post("/v1/events", json=body) for body in bodies))


async def test_one_new_person_seen_by_64_callers_at_once_is_one_customer(
    address, api_key, cypher, unique
):
    phones = [{"phone": phone_number(unique, n)} for n in range(4)]
    seconds = [*phones, *({"externalId": f"{unique}-{n}"} for n in range(4))]
    pairs = list(itertools.islice(itertools.cycle(itertools.permutations(seconds, 2)), CALLERS))
    bodies = [
        {"event": "x", "email": f"{unique}@x.com"} | first | second for first, second in pairs
    ]

    responses = await send(address, api_key, bodies)

    assert {response.status_code for response in responses} == {200}
    results = [response.json() for response in responses]
    assert len({body["customerId"] for body in results}) == 1
    assert [body["resolved"] for body in results].count("new") == 1
    (row,) = cypher(
        """
        MATCH (customer:Customer {id: $id})
        RETURN
          COUNT { (customer)-[:HAS_TOUCHPOINT]->() } AS touchpoints,
          COUNT { (customer)<-[:IDENTIFIES]-() } AS identifiers,
          COUNT { (customer)<-[:IDENTIFIES]-()-[:IDENTIFIES]->() } AS shared
        """,
        id=results[0]["customerId"],
    )
    assert dict(row) == {"touchpoints": CALLERS, "identifiers": 9, "shared": 0}


async def test_batches_of_the_same_new_people_in_any_order_make_one_customer_each(
    address, api_key, cypher, unique
):
    people = [f"{unique}{n}@x.com" for n in range(20)]
    order = random.Random(unique)
    bodies = [
        {"events": [{"event": "x", "email": email} for email in order.sample(people, 20)]}
        for _ in range(16)
    ]

    responses = await send(address, api_key, bodies)

    assert {response.status_code for response in responses} == {200}
    rows = cypher(
        """
        UNWIND $people AS email
        MATCH (:Identifier {kind: 'email', value: email})-->(customer)-->(touchpoint:Touchpoint)
        RETURN email, count(DISTINCT customer) AS customers, count(touchpoint) AS touchpoints
        """,
        people=people,
    )
    assert {(row["customers"], row["touchpoints"]) for row in rows} == {(1, 16)}
    assert len(rows) == 20
