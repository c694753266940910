import asyncio

import pytest
from neo4j import Query
from neo4j.exceptions import ClientError

from app.graph import statements
from app.graph.bolt.errors import LOST_RACE
from tests.support.ingest_rows import AT, LIMITS, row, write

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("schema")]


@pytest.fixture
def graph_of(cypher):
    """Everything that has to do with the values given, as a set of tuples."""

    def read(unique):
        rows = cypher(
            """
            MATCH (i:Identifier)-[since:IDENTIFIES]->(c:Customer) WHERE i.value CONTAINS $unique
            RETURN ['identifies', i.kind, i.value, i.weight, c.id] AS fact
            UNION
            MATCH (i:Identifier)-->(c:Customer)-->(t:Touchpoint) WHERE i.value CONTAINS $unique
            RETURN ['touchpoint', c.id, t.id, t.resolvedBy] AS fact
            UNION
            MATCH (i:Identifier)-->(:Customer)-[m:MAY_BE_SAME_AS]-(:Customer)
            WHERE i.value CONTAINS $unique
            RETURN ['may be same', startNode(m).id, endNode(m).id, m.kind, m.count] AS fact
            """,
            unique=unique,
        )
        return {tuple(row["fact"]) for row in rows}

    return read


def attached(event, customer=None, by="new"):
    customer = customer or event["newCustomer"]
    return {
        "customerId": customer,
        "resolvedBy": by,
        "isReplay": False,
        "unknown": None,
        "conflicts": None,
    }


def refused(unknown=(), conflicts=()):
    return {
        "customerId": None,
        "resolvedBy": None,
        "isReplay": None,
        "unknown": list(unknown),
        "conflicts": list(conflicts),
    }


async def test_a_new_person_is_a_customer_a_touchpoint_and_its_identifiers(graph, graph_of, unique):
    event = row(email=f"{unique}@x.com", phone=f"+{unique}")
    customer = event["newCustomer"]

    rows = await write(graph, event)

    assert rows == [attached(event)]
    assert graph_of(unique) == {
        ("identifies", "email", f"{unique}@x.com", 1.0, customer),
        ("identifies", "phone", f"+{unique}", 0.9, customer),
        ("touchpoint", customer, event["id"], "new"),
    }


@pytest.mark.parametrize("times", [2, 3])
async def test_a_repeat_changes_nothing_and_returns_the_same(graph, graph_of, unique, times):
    batch = [
        row(email=f"{unique}@x.com"),
        row(phone=f"+{unique}"),
        row(email=f"{unique}@x.com", phone=f"+{unique}"),
    ]
    first = await write(graph, *batch)
    facts = graph_of(unique)

    assert [await write(graph, *batch) for _ in range(times - 1)] == [first] * (times - 1)
    assert graph_of(unique) == facts


async def test_the_second_event_of_a_batch_finds_the_customer_of_the_first(graph, unique):
    rows = await write(graph, *[row(email=f"{unique}@x.com") for _ in range(3)])

    assert [result["resolvedBy"] for result in rows] == ["new", "email", "email"]
    assert len({result["customerId"] for result in rows}) == 1


async def test_an_identifier_without_an_owner_is_attached_to_the_customer_that_matched(
    graph, graph_of, unique
):
    first, second = row(phone=f"+{unique}"), row(phone=f"+{unique}", externalId=unique)

    await write(graph, first, second)

    assert ("identifies", "externalId", unique, 0.8, first["newCustomer"]) in graph_of(unique)


async def test_an_identifier_of_another_customer_is_not_moved_and_the_conflict_is_stored(
    graph, graph_of, unique
):
    jane, joe = row(email=f"{unique}@x.com"), row(phone=f"+{unique}")
    await write(graph, jane, joe)
    before = {fact for fact in graph_of(unique) if fact[0] == "identifies"}

    for _ in range(2):
        await write(graph, row(email=f"{unique}@x.com", phone=f"+{unique}"))

    facts = graph_of(unique)
    assert {fact for fact in facts if fact[0] == "identifies"} == before
    assert ("may be same", jane["newCustomer"], joe["newCustomer"], "phone", 2) in facts


async def test_one_edge_keeps_the_conflict_of_both_directions(graph, graph_of, unique):
    jane, joe = row(email=f"{unique}@x.com"), row(phone=f"+{unique}")
    await write(graph, jane, joe)

    for customer in (jane, joe):
        await write(
            graph,
            row(customer["newCustomer"], email=f"{unique}@x.com", phone=f"+{unique}"),
        )

    assert {fact[3:] for fact in graph_of(unique) if fact[0] == "may be same"} == {
        ("phone", 1),
        ("email", 1),
    }


async def test_an_unknown_customer_lets_nothing_be_written(graph, graph_of, unique):
    rows = await write(graph, row(email=f"{unique}@x.com"), row(f"cus_{unique}"))

    assert rows == [refused(unknown=[f"cus_{unique}"])] * 2
    assert graph_of(unique) == set()


async def test_a_rejected_unit_does_not_affect_its_neighbours(graph, unique):
    events = [
        row(email=f"{unique}1@x.com", group=0),
        row(f"cus_{unique}", group=1),
        row(email=f"{unique}1@x.com", group=1),
        row(email=f"{unique}1@x.com", group=2),
    ]

    rows = await write(graph, *events)

    refusal = refused(unknown=[f"cus_{unique}"])
    known = attached(events[3], events[0]["newCustomer"], "email")
    assert rows == [attached(events[0]), refusal, refusal, known]


async def test_an_id_with_its_digest_is_a_replay(graph, unique):
    event = row(email=f"{unique}@x.com", digest="a")
    await write(graph, event)

    later = event | {"newCustomer": "cus_other", "receivedAt": [AT[0] + 1, 0]}

    assert await write(graph, later) == [attached(event) | {"isReplay": True}]


async def test_an_id_with_another_digest_is_rejected_with_its_whole_unit(graph, graph_of, unique):
    event = row(email=f"{unique}@x.com", digest="a")
    await write(graph, event)
    facts = graph_of(unique)

    rows = await write(graph, row(email=f"{unique}2@x.com"), event | {"digest": "b"})

    assert rows == [refused(conflicts=[event["id"]])] * 2
    assert graph_of(unique) == facts


async def test_an_id_with_another_digest_without_a_claim_fails_the_transaction(
    graph, driver, database, graph_of, unique
):
    event = row(email=f"{unique}@x.com", digest="a")
    await write(graph, event)
    facts = graph_of(unique)
    events = [row(email=f"{unique}2@x.com"), event | {"digest": "b"}]

    with pytest.raises(ClientError, match=LOST_RACE):
        driver.execute_query(
            Query(statements.load("write")["ingest"].text),  # pyright: ignore[reportArgumentType]
            {"batch": {"named": [], "claims": [], "events": events}, "limits": LIMITS},
            database_=database.name,
        )

    assert graph_of(unique) == facts


async def test_an_identifier_without_an_owner_gets_one_owner_from_two_writes_at_once(
    graph, held, blocked, cypher, unique
):
    email = f"{unique}@x.com"
    cypher("CREATE (:Identifier {kind: 'email', value: $email, weight: 1.0})", email=email)
    held.run(
        "MATCH (identifier:Identifier {kind: 'email', value: $email}) "
        "CREATE (identifier)-[:IDENTIFIES {since: datetime()}]->(:Customer {id: $id})",
        email=email,
        id=f"cus_{unique}",
    ).consume()

    second = asyncio.create_task(write(graph, row(email=email)))
    await asyncio.to_thread(blocked, email)
    held.commit()

    assert await second == [
        {
            "customerId": f"cus_{unique}",
            "resolvedBy": "email",
            "isReplay": False,
            "unknown": None,
            "conflicts": None,
        }
    ]


async def test_a_concurrent_deletion_of_an_owner_relationship_fails_the_transaction(
    driver, database, cypher, graph_of, unique
):
    # It reads like this: it has an end, and no properties any more.
    cypher(
        "CREATE (:Identifier {kind: 'email', value: $email, weight: 1.0})-[:IDENTIFIES]->"
        "(:Customer {id: $id})",
        email=f"{unique}@x.com",
        id=f"cus_{unique}",
    )
    facts = graph_of(unique)

    with pytest.raises(ClientError, match=LOST_RACE):
        driver.execute_query(
            Query(statements.load("write")["ingest"].text),  # pyright: ignore[reportArgumentType]
            {
                "batch": {"named": [], "claims": [], "events": [row(email=f"{unique}@x.com")]},
                "limits": LIMITS,
            },
            database_=database.name,
        )

    assert graph_of(unique) == facts


async def test_a_named_customer_has_priority_over_every_identifier(graph, unique):
    jane, joe = row(email=f"{unique}@x.com"), row(phone=f"+{unique}")
    await write(graph, jane, joe)

    rows = await write(graph, row(joe["newCustomer"], email=f"{unique}@x.com"))

    assert rows == [attached(jane, joe["newCustomer"], "customer")]


async def test_a_name_of_our_own_is_not_overwritten(graph, cypher, unique):
    event = row(email=f"{unique}@x.com", values={"event": "theirs", "plan": "pro"})

    await write(graph, event)

    (touchpoint,) = cypher("MATCH (t:Touchpoint {id: $id}) RETURN t.event, t.plan", id=event["id"])
    assert dict(touchpoint) == {"t.event": "page_viewed", "t.plan": "pro"}
