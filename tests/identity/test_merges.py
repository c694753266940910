"""Merges over HTTP: merge, undo, and events that arrive in between."""

from concurrent.futures import ThreadPoolExecutor

import pytest

pytest_plugins = ["tests.support.reviewing"]


@pytest.fixture
def pair(person, merge):
    """Jane, Joan, and the merge of Joan into Jane."""
    jane, joan = person("jane"), person("joan")
    return jane, joan, merge(jane, joan)


@pytest.fixture
def graph_of(cypher, unique):
    """The graph of all Identifiers with the test's word, without undone merges."""

    def read():
        rows = cypher(
            """
            MATCH (identifier:Identifier)-[:IDENTIFIES]->(first:Customer)
            WHERE identifier.value CONTAINS $unique
            MATCH (first)-[:MERGED_INTO*0..]-(customer:Customer)
            WITH collect(DISTINCT customer) AS customers
            UNWIND customers AS customer
            RETURN properties(customer) AS customer,
              COLLECT {
                MATCH (customer)<-[r:IDENTIFIES]-(i)
                WITH i, r ORDER BY i.kind, i.value
                RETURN [properties(i), properties(r)]
              } AS identifiers,
              COLLECT {
                MATCH (customer)-[:HAS_TOUCHPOINT]->(t)
                WITH t ORDER BY t.id
                RETURN properties(t)
              } AS touchpoints,
              COLLECT {
                MATCH (customer)-[r:MERGED_INTO]->(other) RETURN [properties(r), other.id]
              } AS merges
            ORDER BY customer.id
            """,
            unique=unique,
        )
        return [dict(row) for row in rows]

    return read


def test_a_merge_returns_its_customers_time_author_and_reason(person, merge):
    jane, joan = person("jane"), person("joan")

    merged = merge(jane, joan)

    assert merged["mergeId"].startswith("mrg_")
    assert (merged["customerId"], merged["from"]) == (jane, joan)
    assert merged["at"]
    assert merged["by"].startswith("key_")
    assert merged["reason"] == "one person"


def test_an_event_of_the_merged_customer_returns_the_surviving_one(ingest, person, merge, unique):
    jane, joan = person("jane"), person("joan")
    merge(jane, joan)

    result = ingest(email=f"joan.{unique}@x.com")

    assert (result["customerId"], result["resolved"]) == (jane, "email")


def test_an_event_that_names_the_merged_customer_returns_the_surviving_one(ingest, person, merge):
    jane, joan = person("jane"), person("joan")
    merge(jane, joan)

    result = ingest(customer=joan)

    assert (result["customerId"], result["resolved"]) == (jane, "customer")


def test_the_identifiers_point_at_the_surviving_customer_and_store_their_owner(
    cypher, person, merge, unique
):
    jane, joan = person("jane"), person("joan")
    merge(jane, joan)

    rows = cypher(
        """
        MATCH (i:Identifier)-[r:IDENTIFIES]->(c:Customer) WHERE i.value CONTAINS $unique
        RETURN i.value AS value, c.id AS owner, r.home AS home ORDER BY value
        """,
        unique=unique,
    )

    assert [(row["value"].partition(".")[0], row["owner"], row["home"]) for row in rows] == [
        ("jane", jane, None),
        ("joan", jane, joan),
    ]


def test_a_merge_that_is_undone_leaves_the_graph_as_it_was(graph_of, person, merge, undo):
    jane, joan = person("jane"), person("joan")
    before = graph_of()

    undo(merge(jane, joan))

    assert graph_of() == before


def test_an_undo_returns_its_time_author_and_reason(reviewer, person, merge):
    merged = merge(person("jane"), person("joan"))

    undone = reviewer.post(f"/v1/merges/{merged['mergeId']}/undo", json={"reason": "two people"})

    assert undone.json() == merged | {
        "undoneAt": undone.json()["undoneAt"],
        "undoneBy": merged["by"],
        "undoReason": "two people",
    }


def test_the_log_entry_of_an_undone_merge_stays(cypher, person, merge, undo):
    jane, joan = person("jane"), person("joan")
    merged = merge(jane, joan)
    undo(merged)

    (row,) = cypher(
        """
        MATCH (:Customer {id: $merged})-[was:WAS_MERGED_INTO]->(:Customer {id: $survivor})
        RETURN was.id AS id, was.reason AS reason, was.undoneBy AS by,
          was.undoneAt > was.at AS later
        """,
        merged=joan,
        survivor=jane,
    )

    assert dict(row) == {
        "id": merged["mergeId"],
        "reason": "one person",
        "by": merged["by"],
        "later": True,
    }


def test_an_event_during_a_merge_belongs_to_the_owner_of_its_identifier(
    cypher, ingest, pair, undo, unique
):
    jane, joan, merged = pair
    joans_event = ingest(email=f"joan.{unique}@x.com", externalId=f"new-{unique}")
    janes_event = ingest(email=f"jane.{unique}@x.com")
    undo(merged)

    rows = cypher(
        """
        UNWIND $ids AS id
        MATCH (customer:Customer)-[:HAS_TOUCHPOINT]->(t:Touchpoint {id: id})
        RETURN customer.id AS owner, t.customerId AS stored
        """,
        ids=[joans_event["eventId"], janes_event["eventId"]],
    )

    assert [(row["owner"], row["stored"]) for row in rows] == [(joan, joan), (jane, jane)]


def test_an_identifier_that_came_meanwhile_goes_with_its_event(ingest, person, merge, undo, unique):
    jane, joan = person("jane"), person("joan")
    merged = merge(jane, joan)
    ingest(email=f"joan.{unique}@x.com", externalId=f"new-{unique}")
    undo(merged)

    assert ingest(externalId=f"new-{unique}")["customerId"] == joan


def test_a_replay_across_a_merge_returns_the_first_response(client, person, merge, undo, unique):
    jane, joan = person("jane"), person("joan")
    merged = merge(jane, joan)
    event = {"event": "x", "email": f"joan.{unique}@x.com"}
    headers = {"Idempotency-Key": unique}
    first = client.post("/v1/events", json=event, headers=headers)
    undo(merged)

    again = client.post("/v1/events", json=event, headers=headers)

    assert first.json()["customerId"] == jane
    assert again.content == first.content
    assert again.headers["Idempotency-Replayed"] == "true"


def test_a_chain_of_merges_leads_to_its_end(ingest, person, merge, unique):
    one, two, three = person("one"), person("two"), person("three")
    merge(two, one)
    merge(three, two)

    responses = {ingest(email=f"{name}.{unique}@x.com")["customerId"] for name in ("one", "two")}

    assert responses | {ingest(customer=one)["customerId"]} == {three}


def test_the_first_merge_of_a_chain_can_be_undone_first(ingest, person, merge, undo, unique):
    one, two, three = person("one"), person("two"), person("three")
    first = merge(two, one)
    merge(three, two)
    undo(first)

    owners = [ingest(email=f"{name}.{unique}@x.com")["customerId"] for name in ("one", "two")]

    assert owners == [one, three]


def test_a_chain_undone_from_its_end_leaves_the_graph_as_it_was(graph_of, person, merge, undo):
    one, two, three = person("one"), person("two"), person("three")
    before = graph_of()
    first, second = merge(two, one), merge(three, two)

    undo(second)
    undo(first)

    assert graph_of() == before


def test_a_chain_undone_from_its_beginning_leaves_the_graph_as_it_was(
    graph_of, person, merge, undo
):
    one, two, three = person("one"), person("two"), person("three")
    before = graph_of()
    first, second = merge(two, one), merge(three, two)

    undo(first)
    undo(second)

    assert graph_of() == before


def test_a_merge_with_a_merged_customer_is_one_with_its_surviving_customer(person, merge):
    one, two, three = person("one"), person("two"), person("three")
    merge(two, one)

    merged = merge(three, one)

    assert (merged["customerId"], merged["from"]) == (three, two)


@pytest.mark.parametrize("order", [0, 1])
def test_merged_customers_cannot_be_merged_again_in_either_direction(
    reviewer, person, merge, order
):
    pair = person("one"), person("two")
    merge(*pair)

    response = reviewer.post(
        f"/v1/customers/{pair[order]}/merge", json={"from": pair[1 - order], "reason": "again"}
    )

    assert (response.status_code, response.json()["error"]["code"]) == (409, "merge_conflict")


def test_a_customer_is_not_merged_into_itself(reviewer, person):
    jane = person("jane")

    response = reviewer.post(f"/v1/customers/{jane}/merge", json={"from": jane, "reason": "x"})

    assert response.status_code == 400
    assert response.json()["error"]["details"] == [
        {"path": "from", "message": "must be another Customer"}
    ]


@pytest.mark.parametrize("unknown", ["customer", "from"])
def test_an_unknown_customer_is_not_merged(reviewer, person, unknown):
    known = person("jane")
    into, merged = ("cus_nobody", known) if unknown == "customer" else (known, "cus_nobody")

    response = reviewer.post(f"/v1/customers/{into}/merge", json={"from": merged, "reason": "x"})

    assert (response.status_code, response.json()["error"]["code"]) == (404, "unknown_customer")


@pytest.mark.parametrize("reason", [None, "", "  ", "x" * 1001, 1])
def test_a_merge_needs_a_reason(reviewer, person, reason):
    body = {"from": person("joan")} | ({} if reason is None else {"reason": reason})

    response = reviewer.post(f"/v1/customers/{person('jane')}/merge", json=body)

    assert response.status_code == 400
    assert "reason" in response.text


def test_a_merge_is_undone_once(reviewer, person, merge, undo):
    merged = merge(person("jane"), person("joan"))
    undo(merged)

    response = reviewer.post(f"/v1/merges/{merged['mergeId']}/undo")

    assert (response.status_code, response.json()["error"]["code"]) == (409, "merge_conflict")


def test_a_merge_that_never_was_cannot_be_undone(reviewer):
    response = reviewer.post("/v1/merges/mrg_nothing/undo")

    assert (response.status_code, response.json()["error"]["code"]) == (404, "unknown_merge")


def test_a_preview_counts_the_data_of_the_merged_customer(reviewer, ingest, person, unique):
    jane, joan = person("jane"), person("joan")
    ingest(email=f"joan.{unique}@x.com", externalId=f"joan-{unique}")
    ingest(email=f"jane.{unique}@x.com", externalId=f"joan-{unique}")

    preview = reviewer.post(f"/v1/customers/{jane}/merge-preview", json={"from": joan}).json()

    assert preview["customer"]["identifiers"] == [{"kind": "email", "count": 1}]
    assert preview["customer"]["touchpoints"] == 2
    assert preview["from"]["customerId"] == joan
    assert {identifier["kind"] for identifier in preview["from"]["identifiers"]} == {
        "email",
        "externalId",
    }
    assert [(conflict["kind"], conflict["count"]) for conflict in preview["conflicts"]] == [
        ("externalId", 1)
    ]
    assert preview["warnings"] == []


def test_a_preview_warns_of_a_merge_without_evidence(reviewer, person):
    jane, joan = person("jane"), person("joan")

    preview = reviewer.post(f"/v1/customers/{jane}/merge-preview", json={"from": joan}).json()

    assert [warning["code"] for warning in preview["warnings"]] == ["no_evidence"]


def test_a_preview_warns_of_a_large_merge(reviewer, ingest, person, unique):
    jane, joan = person("jane"), person("joan")
    ingest([{"event": "x", "customer": joan, "externalId": f"{n}-{unique}"} for n in range(21)])

    preview = reviewer.post(f"/v1/customers/{jane}/merge-preview", json={"from": joan}).json()

    assert "large" in [warning["code"] for warning in preview["warnings"]]


def test_a_preview_writes_nothing(reviewer, graph_of, person):
    jane, joan = person("jane"), person("joan")
    before = graph_of()

    reviewer.post(f"/v1/customers/{jane}/merge-preview", json={"from": joan})

    assert graph_of() == before


def test_one_of_many_concurrent_merges_wins(reviewer, person, graph_of):
    jane, joan = person("jane"), person("joan")
    pairs = [(jane, joan), (joan, jane)] * 8

    def attempt(pair):
        body = {"from": pair[1], "reason": "race"}
        return reviewer.post(f"/v1/customers/{pair[0]}/merge", json=body).status_code

    with ThreadPoolExecutor(16) as pool:
        statuses = list(pool.map(attempt, pairs))

    assert sorted(statuses) == [200] + [409] * 15
    assert sum(len(customer["merges"]) for customer in graph_of()) == 1


def test_while_events_stream_in_every_identifier_keeps_one_owner(
    reviewer, ingest, person, cypher, unique
):
    people = [person(f"p{n}") for n in range(4)]

    def stream(number):
        for n in range(10):
            email = f"p{(number + n) % 4}.{unique}@x.com"
            ingest(email=email, externalId=f"{number}-{n}-{unique}")

    def review(number):
        for n in range(5):
            body = {"from": people[(number + n) % 4], "reason": "race"}
            response = reviewer.post(f"/v1/customers/{people[number % 4]}/merge", json=body)
            assert response.status_code in (200, 400, 409), response.text
            if response.status_code == 200:
                undo(response.json()["mergeId"])

    def undo(merge_id):
        for _ in range(20):
            undone = reviewer.post(f"/v1/merges/{merge_id}/undo")
            if undone.status_code == 200:
                return
            assert "try again" in undone.text  # the others merged it further, again and again
        pytest.fail("it could not be undone")

    with ThreadPoolExecutor(8) as pool:
        work = [pool.submit(stream, n) for n in range(4)]
        work += [pool.submit(review, n) for n in range(4)]
        for future in work:
            future.result()

    rows = cypher(
        """
        MATCH (i:Identifier) WHERE i.value CONTAINS $unique
        RETURN i.kind AS kind, i.value AS value, COLLECT {
          MATCH (i)-[r:IDENTIFIES]->(owner)
          MATCH (home:Customer {id: coalesce(r.home, owner.id)})
          RETURN coalesce(home.survivor, home.id)
        } AS owners
        """,
        unique=unique,
    )
    owners = {row["value"]: row["owners"] for row in rows if row["kind"] == "externalId"}
    # Every merge was undone: the identifiers that came with an email belong to its owner.
    assert owners == {
        f"{number}-{n}-{unique}": [people[(number + n) % 4]]
        for number in range(4)
        for n in range(10)
    }
