"""Identifiers that do not match: shared ones, and those that would exceed an identifier limit."""

from typing import Any

import msgspec
import pytest

from app.domain.resolution import ResolutionLimits
from app.identity.merges import MergeRequest, MergeService
from tests.support.ingest_rows import row, write

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("schema")]

TWO = msgspec.to_builtins(ResolutionLimits(email=2, phone=2, external_id=2, shared_after=2))


@pytest.fixture
def touchpoint(cypher):
    """The identifiers of a Touchpoint that were not used."""

    def read(event):
        (record,) = cypher(
            "MATCH (t:Touchpoint {id: $id}) RETURN t {.shared, .beyondLimit} AS found",
            id=event["id"],
        )
        return record["found"]

    return read


@pytest.fixture
def owners(cypher):
    """The Customers at whom the Identifiers with a word in them point, by their values."""

    def read(unique):
        rows = cypher(
            """
            MATCH (i:Identifier) WHERE i.value CONTAINS $unique
            RETURN i.value AS value, COLLECT { MATCH (i)-[:IDENTIFIES]->(c) RETURN c.id } AS owners
            """,
            unique=unique,
        )
        return {row["value"]: row["owners"] for row in rows}

    return read


@pytest.fixture
def conflicts(cypher):
    def read(customer):
        return cypher(
            "MATCH (:Customer {id: $id})-[conflict:MAY_BE_SAME_AS]-(other) RETURN other.id",
            id=customer,
        )

    return read


@pytest.fixture
async def office(graph, cypher, unique):
    """A shared phone, and the Customer that owns it."""
    first = row(phone=f"+{unique}")
    await write(graph, first)
    cypher("MATCH (i:Identifier {value: $phone}) SET i.shared = datetime()", phone=f"+{unique}")
    return f"+{unique}", first["newCustomer"]


async def decided(graph, event, limits=TWO):
    (result,) = await write(graph, event, limits=limits)
    return result["customerId"], result["resolvedBy"]


async def test_a_shared_identifier_does_not_match_if_there_is_another(graph, office, unique):
    phone, _ = office
    event = row(phone=phone, externalId=f"x-{unique}")

    assert await decided(graph, event) == (event["newCustomer"], "new")


async def test_a_shared_identifier_alone_matches(graph, office):
    phone, customer = office

    assert await decided(graph, row(phone=phone)) == (customer, "phone")


async def test_a_touchpoint_stores_the_shared_identifier_that_was_not_used(
    graph, office, touchpoint, unique
):
    phone, _ = office
    event = row(phone=phone, externalId=f"x-{unique}")
    await write(graph, event)

    assert touchpoint(event) == {"shared": [f"phone:{phone}"], "beyondLimit": None}


@pytest.mark.parametrize("is_shared", [False, True])
@pytest.mark.parametrize(
    "system",
    [
        {},
        {"sent": ["externalId: x "]},
        {"ignored": ["email:null@acme.com"]},
        {"sent": ["externalId: x "], "ignored": ["email:null@acme.com"]},
    ],
)
async def test_a_touchpoint_has_the_system_fields_of_its_row_and_the_values_of_the_caller(
    graph, office, cypher, unique, is_shared, system
):
    phone, _ = office
    keys: dict[str, Any] = {"externalId": f"x-{unique}"} | ({"phone": phone} if is_shared else {})
    event = row(values={"plan": "pro"}, **keys) | system
    await write(graph, event)

    (stored,) = cypher("MATCH (t:Touchpoint {id: $id}) RETURN properties(t) AS t", id=event["id"])

    expected = system | {"plan": "pro"} | ({"shared": [f"phone:{phone}"]} if is_shared else {})
    names = {"sent", "ignored", "plan", "shared", "beyondLimit", "survivor"}
    assert {name: value for name, value in stored["t"].items() if name in names} == expected


async def test_a_shared_identifier_raises_no_conflict(graph, office, conflicts, unique):
    phone, customer = office
    await write(graph, row(phone=phone, externalId=f"x-{unique}"))

    assert conflicts(customer) == []


async def test_a_key_is_shared_once_it_came_with_keys_of_so_many_others(graph, cypher, unique):
    phone = f"+{unique}"
    await write(graph, row(phone=phone))
    for number in range(2):
        await write(graph, row(email=f"{number}{unique}@x.com"), limits=TWO)
        await write(graph, row(email=f"{number}{unique}@x.com", phone=phone), limits=TWO)
        await write(graph, row(email=f"{number}{unique}@x.com", phone=phone), limits=TWO)
        (record,) = cypher("MATCH (i:Identifier {value: $phone}) RETURN i.shared", phone=phone)
        assert (record["i.shared"] is not None) == (number == 1)


async def test_an_identifier_of_lower_priority_that_exceeds_the_limit_is_not_attached(
    graph, owners, touchpoint, unique
):
    email = f"{unique}@x.com"
    events = [row(email=email, externalId=f"{n}-{unique}") for n in range(3)]
    await write(graph, *events, limits=TWO)

    customer = events[0]["newCustomer"]
    assert owners(unique) == {
        email: [customer],
        f"0-{unique}": [customer],
        f"1-{unique}": [customer],
        f"2-{unique}": [],
    }
    assert touchpoint(events[2]) == {"shared": None, "beyondLimit": [f"externalId:2-{unique}"]}


async def test_an_identifier_that_would_exceed_the_limit_of_a_higher_priority_does_not_match(
    graph, owners, unique
):
    phone = f"+{unique}"
    events = [row(email=f"{n}{unique}@x.com", phone=phone) for n in range(3)]
    results = await write(graph, *events, limits=TWO)

    assert [result["resolvedBy"] for result in results] == ["new", "phone", "new"]
    assert owners(unique)[f"2{unique}@x.com"] == [events[2]["newCustomer"]]
    assert owners(unique)[phone] == [events[0]["newCustomer"]]


async def test_a_named_customer_gets_no_identifier_that_exceeds_the_limit(graph, owners, unique):
    first = row(email=f"0{unique}@x.com")
    named = [row(first["newCustomer"], email=f"{n}{unique}@x.com") for n in (1, 2)]
    await write(graph, first, limits=TWO)
    await write(graph, *named, limits=TWO)

    assert owners(unique)[f"1{unique}@x.com"] == [first["newCustomer"]]
    assert owners(unique)[f"2{unique}@x.com"] == []


async def test_a_named_customer_gets_no_identifier_that_exceeds_the_limit_of_its_surviving_customer(
    graph, owners, touchpoint, unique
):
    jane, joe = row(email=f"0{unique}@x.com"), row(email=f"1{unique}@x.com")
    await write(graph, jane, joe, limits=TWO)
    merge = MergeRequest("x", jane["newCustomer"])
    await MergeService(graph).merge(joe["newCustomer"], merge, "key_x")

    event = row(jane["newCustomer"], email=f"2{unique}@x.com")
    await write(graph, event, limits=TWO)

    assert owners(unique)[f"2{unique}@x.com"] == []
    assert touchpoint(event) == {"shared": None, "beyondLimit": [f"email:2{unique}@x.com"]}


@pytest.mark.parametrize(
    "change",
    [
        # attached while the merge was committed
        "SET jane.survivor = joe.id CREATE (jane)-[:MERGED_INTO {id: $unique}]->(joe)",
        # attached while the undo was committed
        "DELETE identifies CREATE (identifier)-[:IDENTIFIES {home: jane.id}]->(joe)",
    ],
)
async def test_an_identifier_left_behind_by_a_merge_or_an_undo_raises_no_conflict(
    graph, cypher, conflicts, unique, change
):
    jane, joe = row(email=f"jane{unique}@x.com"), row(email=f"joe{unique}@x.com")
    await write(graph, jane, joe)
    cypher(
        f"""
        MATCH (identifier:Identifier {{value: $email}})-[identifies:IDENTIFIES]->(jane:Customer)
        MATCH (joe:Customer {{id: $joe}})
        {change}
        """,
        email=f"jane{unique}@x.com",
        joe=joe["newCustomer"],
        unique=unique,
    )

    await write(graph, row(email=f"jane{unique}@x.com", externalId=unique))

    assert conflicts(jane["newCustomer"]) == []
