"""Anonymous Customers: which Customer an anonymousId matches, and merges by rule."""

import asyncio

import pytest

from app.customers.context import ContextQuery, ContextReader
from app.customers.explanation.reader import ExplanationQuery, ExplanationReader
from app.domain.resolution import ResolutionLimits
from app.graph import statements
from app.identity.audit import AuditQuery, AuditReader
from app.identity.identifier_move_requests import DetachRequest, MoveRequest
from app.identity.identifier_moves import IdentifierMoveService
from app.identity.merges import MergeRequest, MergeService
from app.identity.reviews import Dismissal, ReviewService, SharedMark
from app.identity.splits import SplitRequest, SplitService
from app.ingest import stitching, writer
from app.ingest.write_queue import AtomicGroup
from tests.support.ingest_rows import row

pytestmark = pytest.mark.anyio

KEY = "key_1"


@pytest.fixture(autouse=True)
def schema(api_key):
    """The constraints are in place, as they are to make a key."""


@pytest.fixture
def store(graph):
    """Stores events, each a map of identifiers or a row, in one commit; returns their results."""

    async def write(*events, **limits):
        rows = [event if "id" in event else row(**event) for event in events]
        deadline = asyncio.get_running_loop().time() + 60
        groups = [AtomicGroup([event]) for event in rows]
        return await writer.write(graph, ResolutionLimits(**limits), groups, deadline)

    return write


@pytest.fixture
def customer_of(cypher):
    """The Customer that an identifier points at, and the one that owns it without merges."""

    def read(kind, value):
        rows = cypher(
            """
            MATCH (:Identifier {kind: $kind, value: $value})-[i:IDENTIFIES]->(c:Customer)
            RETURN c.id AS customer, coalesce(i.home, c.id) AS home
            """,
            kind=kind,
            value=value,
        )
        (found,) = rows
        return found["customer"], found["home"]

    return read


@pytest.fixture
def merges_of(cypher):
    """The merges of a Customer into others: the ID, the author and the other Customer."""

    def read(customer):
        rows = cypher(
            """
            MATCH (:Customer {id: $customer})-[merge:MERGED_INTO]->(other)
            RETURN [merge.id, merge.by, other.id] AS merge
            """,
            customer=customer,
        )
        return [tuple(found["merge"]) for found in rows]

    return read


@pytest.fixture
def conflicts_of(cypher):
    """The identity conflicts of a Customer: the other Customer, the kind and the count."""

    def read(customer):
        rows = cypher(
            """
            MATCH (:Customer {id: $customer})-[conflict:MAY_BE_SAME_AS]-(other)
            RETURN [other.id, conflict.kind, conflict.count] AS conflict
            """,
            customer=customer,
        )
        return [tuple(found["conflict"]) for found in rows]

    return read


@pytest.fixture
async def apart(store, unique):
    """An identified Customer with the externalId `unique`, and an anonymous one, in this order."""
    known, visit = await store({"externalId": unique}, {"anonymousId": unique})
    return known.customer_id, visit.customer_id


def login(unique):
    return row(externalId=unique, anonymousId=unique)


async def test_an_anonymous_customer_is_merged_into_the_identified_one(
    store, apart, unique, merges_of, customer_of
):
    known, visitor = apart
    event = login(unique)

    (result,) = await store(event)

    assert (result.customer_id, result.resolved) == (known, "externalId")
    assert merges_of(visitor) == [(event["merge"], "rule", known)]
    assert customer_of("anonymousId", unique) == (known, visitor)


@pytest.mark.parametrize("size", [2, 3])
async def test_a_commit_gives_the_same_as_a_commit_for_each_event(
    store, unique, merges_of, conflicts_of, size
):
    events = [
        row(externalId=unique),
        row(anonymousId=unique),
        login(unique),
        row(anonymousId=unique),
        row(externalId=f"{unique}-2", anonymousId=unique),
        login(unique),
    ]
    results = []
    for start in range(0, len(events), size):
        results += await store(*events[start : start + size])

    known, visitor, other = (events[place]["newCustomer"] for place in (0, 1, 4))
    assert [(result.customer_id, result.resolved) for result in results] == [
        (known, "new"),
        (visitor, "new"),
        (known, "externalId"),
        (known, "anonymousId"),
        (other, "new"),
        (known, "externalId"),
    ]
    assert merges_of(visitor) == [(events[2]["merge"], "rule", known)]
    assert conflicts_of(known) == [(other, "anonymousId", 1)]


async def test_a_new_identifier_identifies_the_anonymous_customer(
    store, unique, merges_of, customer_of
):
    visit, event = await store({"anonymousId": unique}, login(unique))

    assert (event.customer_id, event.resolved) == (visit.customer_id, "anonymousId")
    assert merges_of(visit.customer_id) == []
    assert customer_of("externalId", unique) == (visit.customer_id, visit.customer_id)


async def test_an_anonymous_id_alone_matches_the_identified_customer(store, apart, unique):
    known, _ = apart
    await store(login(unique))

    (result,) = await store({"anonymousId": unique})

    assert (result.customer_id, result.resolved) == (known, "anonymousId")


async def test_a_second_person_on_the_device_is_a_new_customer(
    store, unique, merges_of, conflicts_of
):
    first, second = await store(login(unique), {"externalId": f"{unique}-2", "anonymousId": unique})

    assert second.resolved == "new"
    assert second.customer_id != first.customer_id
    assert merges_of(first.customer_id) == merges_of(second.customer_id) == []
    assert conflicts_of(first.customer_id) == [(second.customer_id, "anonymousId", 1)]


async def test_two_identified_customers_are_not_merged(store, unique, merges_of, conflicts_of):
    first, second = await store(login(unique), {"externalId": f"{unique}-2"})

    (again,) = await store({"externalId": f"{unique}-2", "anonymousId": unique})

    assert again.customer_id == second.customer_id
    assert merges_of(first.customer_id) == merges_of(second.customer_id) == []
    assert conflicts_of(first.customer_id) == [(second.customer_id, "anonymousId", 1)]


async def test_an_event_that_names_an_identified_customer_merges(store, apart, unique, merges_of):
    known, visitor = apart

    await store(row(customer=known, anonymousId=unique))

    assert [into for _, _, into in merges_of(visitor)] == [known]


async def test_two_anonymous_customers_are_not_merged(store, unique, merges_of, conflicts_of):
    first, second = await store({"anonymousId": unique}, {"anonymousId": f"{unique}-2"})

    await store(row(customer=first.customer_id, anonymousId=f"{unique}-2"))

    assert merges_of(first.customer_id) == merges_of(second.customer_id) == []
    assert conflicts_of(first.customer_id) == [(second.customer_id, "anonymousId", 1)]


async def test_a_merge_leads_into_the_customer_of_the_event_and_survives_its_undo(
    store, graph, apart, unique, merges_of, customer_of
):
    known, visitor = apart
    merges = MergeService(graph)
    (other,) = await store({"email": f"{unique}@acme.com"})
    merge = await merges.merge(other.customer_id, MergeRequest("x", known), KEY)

    (result,) = await store(login(unique))
    await merges.undo(merge.merge_id, None, KEY)

    assert result.customer_id == other.customer_id
    assert [into for _, _, into in merges_of(visitor)] == [known]
    assert customer_of("anonymousId", unique) == (known, visitor)


async def test_customers_that_were_merged_into_the_anonymous_one_follow(
    store, graph, apart, unique, customer_of
):
    known, visitor = apart
    (other,) = await store({"anonymousId": f"{unique}-2"})
    await MergeService(graph).merge(visitor, MergeRequest("x", other.customer_id), KEY)

    await store(login(unique))

    assert customer_of("anonymousId", f"{unique}-2") == (known, other.customer_id)


async def test_an_anonymous_customer_that_was_merged_by_hand_is_not_merged_again(
    store, graph, apart, unique, merges_of
):
    known, visitor = apart
    merge = await MergeService(graph).merge(known, MergeRequest("x", visitor), KEY)

    await store(login(unique))

    assert merges_of(visitor) == [(merge.merge_id, KEY, known)]


async def test_an_undo_restores_the_anonymous_customer(store, graph, apart, unique, customer_of):
    _, visitor = apart
    event = login(unique)
    await store(event)

    await MergeService(graph).undo(event["merge"], "other person", KEY)

    assert customer_of("anonymousId", unique) == (visitor, visitor)


async def test_the_same_event_after_an_undo_is_a_conflict(
    store, graph, apart, unique, merges_of, conflicts_of
):
    known, visitor = apart
    event = login(unique)
    await store(event)
    await MergeService(graph).undo(event["merge"], "other person", KEY)

    (again,) = await store(login(unique))

    assert again.customer_id == known
    assert merges_of(visitor) == []
    assert conflicts_of(visitor) == [(known, "anonymousId", 1)]


async def test_after_an_undo_another_person_may_be_the_visitor(
    store, graph, apart, unique, merges_of
):
    _, visitor = apart
    event = login(unique)
    await store(event, {"externalId": f"{unique}-2"})
    await MergeService(graph).undo(event["merge"], "other person", KEY)

    (other,) = await store({"externalId": f"{unique}-2", "anonymousId": unique})

    assert [into for _, _, into in merges_of(visitor)] == [other.customer_id]


async def test_a_dismissed_pair_is_not_merged(store, graph, apart, unique, merges_of, cypher):
    known, visitor = apart
    cypher(
        "MATCH (a:Customer {id: $a}), (b:Customer {id: $b}) CREATE (a)-[:MAY_BE_SAME_AS]->(b)",
        a=known,
        b=visitor,
    )
    await ReviewService(graph).dismiss(f"{known}~{visitor}", Dismissal("x"), KEY)

    await store(login(unique))

    assert merges_of(visitor) == []


async def test_a_split_off_part_is_not_merged_again(store, graph, unique, merges_of, customer_of):
    email = f"{unique}@acme.com"
    known, _ = await store(
        {"email": email, "externalId": unique}, {"email": email, "anonymousId": unique}
    )
    splits = SplitService(graph, MergeService(graph))
    await splits.split(known.customer_id, SplitRequest("x", [f"email:{email}"]), KEY)

    await store(login(unique))

    owner, visitor = customer_of("externalId", unique)[0], customer_of("anonymousId", unique)[0]
    assert owner != visitor
    assert merges_of(visitor) == merges_of(owner) == []


async def test_a_detached_anonymous_id_is_not_merged_again(
    store, graph, apart, unique, customer_of, merges_of, conflicts_of
):
    known, _ = apart
    await store(login(unique))
    moves = IdentifierMoveService(graph)
    move = await moves.detach(known, DetachRequest(anonymous_id=unique, reason="x"), KEY)

    await store(login(unique))

    assert customer_of("anonymousId", unique) == (move.to, move.to)
    assert merges_of(move.to) == []
    assert [other for other, *_ in conflicts_of(move.to)] == [known]


async def test_a_detached_anonymous_id_is_not_merged_after_the_undo_of_the_earlier_merge(
    store, graph, apart, unique, merges_of
):
    known, visitor = apart
    await store(login(unique))
    ((merge, *_),) = merges_of(visitor)
    moves = IdentifierMoveService(graph)
    move = await moves.detach(known, DetachRequest(anonymous_id=unique, reason="x"), KEY)
    await MergeService(graph).undo(merge, "x", KEY)

    await store(login(unique))

    assert merges_of(move.to) == []


async def test_an_anonymous_id_whose_move_is_undone_is_merged_by_rule(
    store, graph, apart, unique, merges_of
):
    known, visitor = apart
    moves = IdentifierMoveService(graph)
    request = MoveRequest(anonymous_id=unique, to=known, reason="x")
    move = await moves.move(visitor, request, KEY)
    await moves.undo(move.move_id, "x", KEY)

    await store(login(unique))

    assert [into for *_, into in merges_of(visitor)] == [known]


async def test_a_replay_merges_nothing(store, unique, merges_of):
    event = login(unique)
    await store(event)
    ext = f"{unique}-2"
    _, visit = await store({"externalId": ext}, {"anonymousId": ext})

    replay = event | {
        "receivedAt": [1777457673, 0],
        "identifierKeys": row(externalId=ext, anonymousId=ext)["identifierKeys"],
        "identifiers": [f"externalId:{ext}", f"anonymousId:{ext}"],
    }
    (result,) = await store(replay)

    assert result.is_replay
    assert merges_of(visit.customer_id) == []


async def test_a_shared_anonymous_id_merges_nothing(store, graph, apart, unique, merges_of):
    known, visitor = apart
    await ReviewService(graph).mark(SharedMark(True, "x", anonymous_id=unique), KEY)

    (result,) = await store(login(unique))

    assert result.customer_id == known
    assert merges_of(visitor) == []


async def test_a_shared_identifier_merges_nothing(store, graph, apart, unique, merges_of):
    _, visitor = apart
    await ReviewService(graph).mark(SharedMark(True, "x", external_id=unique), KEY)

    (result,) = await store(login(unique))

    assert (result.customer_id, result.resolved) == (visitor, "anonymousId")
    assert merges_of(visitor) == []


async def test_a_customer_at_the_limit_of_anonymous_ids_takes_no_other(
    store, apart, unique, merges_of, conflicts_of
):
    known, visitor = apart
    await store(row(customer=known, anonymousId=f"{unique}-2"))

    await store(login(unique), anonymous_id=1)

    assert merges_of(visitor) == []
    assert conflicts_of(visitor) == [(known, "anonymousId", 1)]


async def test_a_match_that_a_limit_excludes_merges_nothing(store, apart, unique, merges_of):
    known, visitor = apart
    await store(row(customer=known, email=f"{unique}@acme.com"))

    (result,) = await store(
        {"email": f"{unique}-2@acme.com", "externalId": unique, "anonymousId": unique}, email=1
    )

    assert (result.customer_id, result.resolved) == (visitor, "anonymousId")
    assert merges_of(visitor) == []


async def test_one_commit_merges_several_anonymous_customers(store, unique, merges_of):
    names = [f"{unique}-{number}" for number in range(3)]
    visits = await store(*({"anonymousId": name} for name in names), {"externalId": unique})

    await store(*({"externalId": unique, "anonymousId": name} for name in names))

    known = visits[-1].customer_id
    merged = [[into for _, _, into in merges_of(visit.customer_id)] for visit in visits[:-1]]
    assert merged == [[known]] * 3


async def test_an_atomic_batch_merges_nothing(graph, apart, unique, merges_of):
    _, visitor = apart
    group = AtomicGroup([login(unique), row(customer=f"cus_{unique}") | {"group": 0}])
    deadline = asyncio.get_running_loop().time() + 60

    await writer.write(graph, ResolutionLimits(), [group], deadline)

    assert merges_of(visitor) == []


async def test_a_repeat_of_a_commit_changes_nothing(store, apart, unique, merges_of):
    _, visitor = apart
    events = [login(unique), login(unique)]
    await store(*map(dict, events))

    await store(*events)

    assert [merge for merge, _, _ in merges_of(visitor)] == [events[0]["merge"]]


async def test_writes_at_once_identify_an_anonymous_customer_once(store, unique, cypher):
    (visit,) = await store({"anonymousId": unique})
    people = [f"{unique}-{number}" for number in range(6)]
    await store(*({"externalId": person} for person in people[:3]))

    await asyncio.gather(
        *(store({"externalId": person, "anonymousId": unique}) for person in people)
    )

    (row_,) = cypher(
        """
        MATCH (visitor:Customer {id: $id})
        MATCH (root:Customer {id: coalesce(visitor.survivor, visitor.id)})
        RETURN COUNT { (root)<-[:IDENTIFIES]-(:Identifier {kind: 'externalId'}) } AS people
        """,
        id=visit.customer_id,
    )
    assert row_["people"] == 1


async def test_a_write_waits_for_one_that_identifies_the_visitor(
    store, apart, unique, database, driver, merges_of, conflicts_of
):
    known, visitor = apart
    with driver.session(database=database.name) as session:
        other = session.begin_transaction()
        other.run(
            """
            MATCH (visitor:Customer {id: $visitor})
            SET visitor.locked = true
            REMOVE visitor.locked
            CREATE (:Identifier {kind: 'email', value: $visitor})-[:IDENTIFIES {since: datetime()}]
              ->(visitor)
            """,
            visitor=visitor,
        ).consume()
        write = asyncio.create_task(store(login(unique)))
        done, _ = await asyncio.wait([write], timeout=0.5)
        other.commit()
    await write

    assert not done
    assert merges_of(visitor) == []
    assert conflicts_of(visitor) == [(known, "anonymousId", 1)]


async def test_a_write_waits_for_a_merge_of_the_visitor(
    store, apart, unique, database, driver, merges_of, conflicts_of
):
    known, visitor = apart
    (person,) = await store({"externalId": f"{unique}-2"})
    merge = statements.load("write")["merge"]
    with driver.session(database=database.name) as session:
        other = session.begin_transaction()
        other.run(
            merge.text,
            id=f"mrg_{unique}",
            survivor=person.customer_id,
            merged=visitor,
            at=[1777457672, 0],
            by=KEY,
            reason="x",
        ).consume()
        write = asyncio.create_task(store(login(unique)))
        done, _ = await asyncio.wait([write], timeout=0.5)
        other.commit()
    (result,) = await write

    assert not done
    assert result.customer_id == known
    assert merges_of(visitor) == [(f"mrg_{unique}", KEY, person.customer_id)]
    assert conflicts_of(known) == [(person.customer_id, "anonymousId", 1)]


# Reads


@pytest.fixture
async def history(store, unique):
    """Events of an hour each: a person is known, a visitor comes, and logs in."""
    events = [row(externalId=unique), row(anonymousId=unique), login(unique)]
    for hour, event in enumerate(events):
        event["receivedAt"] = event["occurredAt"] = [1777457672 + 3600 * hour, 0]
    await store(*events)
    return events


async def test_the_explanation_names_the_merged_customer(graph, history, unique):
    known, visit, event = history

    explanation = await ExplanationReader(graph).read(ExplanationQuery(event["id"]))

    assert [(key.kind, key.outcome, key.customer_id) for key in explanation.keys] == [
        ("externalId", "decided", known["newCustomer"]),
        ("anonymousId", "merged", visit["newCustomer"]),
    ]
    assert explanation.explanation.endswith(
        f"matched {visit['newCustomer']}, an anonymous Customer, which the event merged."
    )
    assert explanation.changes == []


async def test_the_explanation_of_a_visit_has_the_later_merge(graph, history):
    known, visit, event = history

    explanation = await ExplanationReader(graph).read(ExplanationQuery(visit["id"]))

    assert explanation.survivor_id == known["newCustomer"]
    assert [(change.kind, change.id) for change in explanation.changes] == [
        ("merged", event["merge"])
    ]


@pytest.mark.parametrize(("as_of", "owner"), [("11:14:32", 1), ("12:14:31", 1), ("12:14:32", 0)])
async def test_a_point_in_time_has_the_merge_from_the_event_on(
    graph, history, unique, as_of, owner
):
    reader = ContextReader(graph, lambda _: None, ())

    context = await reader.read(
        ContextQuery(anonymous_id=unique, as_of=f"2026-04-29T{as_of}Z", limit=0)
    )

    assert context.customer_id == history[owner]["newCustomer"]
    assert (context.matched_by, context.weight) == ("anonymousId", 0.5)


async def test_the_audit_log_has_one_entry_of_the_merge(graph, history):
    known, visit, event = history

    page = await AuditReader(graph).read(AuditQuery(customer=known["newCustomer"]))

    (entry,) = page.changes
    assert (entry.id, entry.kind, entry.by) == (event["merge"], "merge", "rule")
    assert entry.customers == [visit["newCustomer"], known["newCustomer"]]
    assert entry.reason == (
        f"Rule anonymousId: event {event['id']} has an anonymousId of one Customer and the "
        "externalId of the other."
    )


# Rounds


def test_an_event_that_may_merge_is_written_after_those_before_it():
    visit = row(anonymousId="a")
    first, again = row(externalId="x", anonymousId="a"), row(externalId="x", anonymousId="a")
    other = row(externalId="y", anonymousId="b")

    assert stitching.rounds([visit, first, again, other]) == [[0, 3], [1, 2]]


def test_the_number_of_rounds_is_bounded():
    rows = [row(externalId=str(number), anonymousId="a") for number in range(50)]

    rounds = stitching.rounds(rows)

    assert len(rounds) == stitching.MAX_ROUNDS
    assert sorted(position for part in rounds for position in part) == [*range(50)]
