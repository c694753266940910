"""Moves of identifiers at the same time as events, merges, splits, erasures and other moves."""

from concurrent.futures import ThreadPoolExecutor

import pytest

pytest_plugins = ["tests.support.erasing"]

ROUNDS = 8

# Of one test, by the word that is in all of its identifiers.
OWNERS = """
MATCH (identifier:Identifier)
WHERE identifier.value CONTAINS $unique
RETURN
  identifier.value AS value,
  COLLECT {
    MATCH (identifier)-[identifies:IDENTIFIES]->(owner:Customer)
    RETURN coalesce(identifies.home, owner.id)
  } AS owners,
  COLLECT {
    MATCH (identifier)-[identifies:IDENTIFIES]->(owner:Customer)
    MATCH (home:Customer {id: coalesce(identifies.home, owner.id)})
    WHERE coalesce(home.survivor, home.id) = owner.id
    RETURN owner.id
  } AS survivors
"""


@pytest.fixture
def pool():
    with ThreadPoolExecutor(8) as pool:
        yield pool


@pytest.fixture
def owners(cypher, unique):
    """The owner of each identifier of the test, after a check that it has one alone."""

    def read():
        rows = cypher(OWNERS, unique=unique)
        assert [row["value"] for row in rows if len(row["owners"]) != 1] == []
        assert [row["value"] for row in rows if len(row["survivors"]) != 1] == []
        return {row["value"]: row["owners"][0] for row in rows}

    return read


@pytest.fixture
def pairs(ingest, unique):
    """Pairs of Customers; the first of each has an external ID to move, and an email."""

    def make(count):
        events = []
        for n in range(count):
            one = {"event": "x", "email": f"a{n}.{unique}@x.com", "externalId": f"x{n}-{unique}"}
            events += [one, {"event": "x", "email": f"b{n}.{unique}@x.com"}]
        results = ingest(events)["results"]
        customers = [result["customerId"] for result in results]
        return list(zip(customers[::2], customers[1::2], strict=True))

    return make


@pytest.fixture
def post(caller):
    return lambda path, **body: caller.post(f"/v1/{path}", json={"reason": "x"} | body)


def test_moves_at_once_make_one_move(pairs, post, pool, owners, unique):
    ((one, other),) = pairs(1)
    path, name = f"customers/{one}/identifiers", f"x0-{unique}"

    calls = [
        *(pool.submit(post, f"{path}/move", externalId=name, to=other) for _ in range(4)),
        *(pool.submit(post, f"{path}/detach", externalId=name) for _ in range(4)),
    ]

    (made,) = [call.result().json() for call in calls if call.result().status_code == 200]
    assert {call.result().status_code for call in calls} <= {200, 400, 409}
    assert owners()[name] == made["to"]


def test_undos_at_once_return_one_undo(pairs, post, pool, unique):
    ((one, _),) = pairs(1)
    made = post(f"customers/{one}/identifiers/detach", externalId=f"x0-{unique}").json()
    path = f"identifier-moves/{made['moveId']}/undo"

    responses = list(pool.map(lambda _: post(path), range(8)))

    assert {response.status_code for response in responses} == {200}
    assert len({response.content for response in responses}) == 1


def test_an_event_at_the_time_of_an_undo_is_not_lost(pairs, post, pool, ingest, cypher, unique):
    """Its Customer is the one that the undo deletes, unless the event is stored before."""
    events = []
    for n, (one, _) in enumerate(pairs(ROUNDS)):
        name = f"x{n}-{unique}"
        made = post(f"customers/{one}/identifiers/detach", externalId=name).json()
        undo = pool.submit(post, f"identifier-moves/{made['moveId']}/undo")
        events += [call.result() for call in [pool.submit(ingest, externalId=name) for _ in "12"]]
        assert undo.result().status_code == 200

    rows = cypher(
        """
        UNWIND $events AS id
        MATCH (customer:Customer)-[:HAS_TOUCHPOINT]->(event:Touchpoint {id: id})
        WHERE event.customerId = customer.id
        RETURN id, customer.id AS customer
        """,
        events=[event["eventId"] for event in events],
    )
    assert {row["id"]: row["customer"] for row in rows} == {
        event["eventId"]: event["customerId"] for event in events
    }


def test_events_at_the_time_of_moves_belong_to_one_of_both(
    pairs, post, pool, ingest, owners, unique
):
    made = pairs(ROUNDS)
    for n, (one, other) in enumerate(made):
        name = f"x{n}-{unique}"
        move = pool.submit(post, f"customers/{one}/identifiers/move", externalId=name, to=other)
        events = [pool.submit(ingest, externalId=name) for _ in range(3)]

        assert {event.result()["customerId"] for event in events} <= {one, other}
        assert move.result().status_code == 200
    assert [owners()[f"x{n}-{unique}"] for n in range(ROUNDS)] == [other for _, other in made]


@pytest.mark.parametrize("is_into_the_former", [True, False])
def test_a_merge_at_the_time_of_a_move_loses_no_identifier(
    pairs, post, pool, owners, unique, is_into_the_former
):
    for n, (one, other) in enumerate(pairs(ROUNDS)):
        into, merged = (one, other) if is_into_the_former else (other, one)
        name = f"x{n}-{unique}"
        move = pool.submit(post, f"customers/{one}/identifiers/move", externalId=name, to=other)
        merge = pool.submit(post, f"customers/{into}/merge", **{"from": merged})

        assert merge.result().status_code == 200
        assert move.result().status_code in (200, 409)
        assert owners()[name] == (other if move.result().status_code == 200 else one)


def test_the_undo_of_a_merge_at_the_time_of_a_move_does_not_take_the_identifier(
    pairs, post, pool, owners, unique
):
    for n, (one, other) in enumerate(pairs(ROUNDS)):
        name = f"x{n}-{unique}"
        merged = post(f"customers/{other}/merge", **{"from": one}).json()
        move = pool.submit(post, f"customers/{one}/identifiers/detach", externalId=name)
        undo = pool.submit(post, f"merges/{merged['mergeId']}/undo")

        assert undo.result().status_code == 200
        assert move.result().status_code in (200, 409)
        moved = move.result().json().get("to", one)
        assert owners()[name] == moved


def test_a_split_at_the_time_of_a_move_takes_the_identifier_or_leaves_it(
    pairs, post, pool, ingest, owners, unique
):
    for n, (one, other) in enumerate(pairs(ROUNDS)):
        ext = f"y{n}-{unique}"
        ingest(customer=one, externalId=ext)
        move = pool.submit(post, f"customers/{one}/identifiers/move", externalId=ext, to=other)
        split = pool.submit(post, f"customers/{one}/split")

        moved, parts = move.result(), split.result()
        if moved.status_code == 200:
            assert owners()[ext] == other
            assert parts.status_code == 409
        else:
            assert moved.status_code in (400, 409)
            assert owners()[ext] == parts.json()["parts"][0]["customerId"]


@pytest.mark.parametrize("place", [0, 1])
def test_an_erasure_at_the_time_of_a_move_erases_the_identifier_or_leaves_it(
    pairs, post, erase, pool, owners, cypher, unique, place
):
    made = pairs(ROUNDS)
    for n, pair in enumerate(made):
        name = f"x{n}-{unique}"
        move = pool.submit(
            post, f"customers/{pair[0]}/identifiers/move", externalId=name, to=pair[1]
        )
        erasure = pool.submit(erase, pair[place])

        assert erasure.result()["customers"] == [pair[place]]
        assert move.result().status_code in (200, 400, 404, 409)
        owner = pair[1] if move.result().status_code == 200 else pair[0]
        assert owners().get(name) == (None if owner == pair[place] else owner)
    ids = [customer for pair in made for customer in pair]
    assert (
        cypher("MATCH (move:IdentifierMove) WHERE move.customers[0] IN $ids RETURN move", ids=ids)
        == []
    )
