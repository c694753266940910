"""Moves of one identifier to another Customer, or to a new one, and their undos, over HTTP."""

import pytest

from app.domain import ids, timestamps
from tests.support import http_client

pytest_plugins = ["tests.support.reviewing", "tests.support.moving", "tests.support.erasing"]


@pytest.fixture
def context(reviewer):
    """The context of a Customer, found by the fields; None if there is none."""

    def read(**fields):
        response = reviewer.post("/v1/context", json=fields)
        return response.json() if response.status_code == 200 else None

    return read


@pytest.fixture
def names(context):
    """The identifiers of a Customer, as kind:value."""

    def read(customer, **fields):
        found = context(customer=customer, **fields)["identifiers"]
        return {f"{identifier['kind']}:{identifier['value']}" for identifier in found}

    return read


@pytest.fixture
def preview(reviewer):
    def run(customer, **body):
        path = f"/v1/customers/{customer}/identifiers/move-preview"
        return http_client.ok_json(reviewer.post(path, json=body))

    return run


@pytest.fixture
def log(reviewer):
    """The audit log of a Customer."""

    def read(customer):
        query = {"customer": customer}
        return http_client.ok_json(reviewer.get("/v1/identity/changes", params=query))["changes"]

    return read


def test_a_moved_identifier_matches_the_other_customer(two_people, move, ingest, phone):
    ann, bob = two_people

    move(ann, bob, phone=phone)

    assert ingest(phone=phone) | {"eventId": ""} == {
        "eventId": "",
        "customerId": bob,
        "resolved": "phone",
    }


def test_a_detached_identifier_matches_a_new_customer(two_people, detach, ingest, phone):
    ann, bob = two_people

    new = detach(ann, phone=phone)["to"]

    assert new not in (ann, bob)
    assert ingest(phone=phone)["customerId"] == new


def test_the_response_has_the_move(two_people, move, phone):
    ann, bob = two_people

    made = move(ann, bob, phone=phone)

    assert made | {"moveId": "", "at": "", "by": ""} == {
        "moveId": "",
        "kind": "move",
        "identifier": f"phone:{phone}",
        "from": ann,
        "to": bob,
        "at": "",
        "by": "",
        "reason": "the number of Bob now",
    }


def test_touchpoints_stay_where_they_are(two_people, move, context, phone):
    ann, bob = two_people

    move(ann, bob, phone=phone)

    counts = [len(context(customer=customer)["touchpoints"]) for customer in (ann, bob)]
    assert counts == [2, 1]


def test_a_stronger_identifier_of_the_former_customer_decides_and_is_a_conflict(
    two_people, move, ingest, names, context, email, phone
):
    ann, bob = two_people
    move(ann, bob, phone=phone)

    result = ingest(email=email("ann"), phone=phone)

    assert (result["customerId"], result["resolved"]) == (ann, "email")
    assert [
        (other["customerId"], other["kind"])
        for other in context(customer=ann)["possibleSamePeople"]
    ] == [(bob, "phone")]
    assert f"phone:{phone}" in names(bob)


def test_a_preview_shows_the_move_and_writes_nothing(two_people, preview, names, phone):
    ann, bob = two_people

    shown = preview(ann, phone=phone, to=bob)

    assert shown | {"since": ""} == {
        "identifier": f"phone:{phone}",
        "shared": False,
        "since": "",
        "from": ann,
        "to": bob,
        "touchpoints": 2,
        "warnings": [],
    }
    assert f"phone:{phone}" in names(ann)


def test_a_preview_of_the_last_identifier_warns(two_people, preview, email):
    _, bob = two_people

    shown = preview(bob, email=email("bob"))

    assert [warning["code"] for warning in shown["warnings"]] == ["last_identifier"]


def test_a_customer_without_identifiers_keeps_its_timeline(two_people, detach, context, email):
    _, bob = two_people

    detach(bob, email=email("bob"))

    assert (context(customer=bob)["identifiers"], len(context(customer=bob)["touchpoints"])) == (
        [],
        1,
    )


def test_an_undo_gives_the_identifier_back(two_people, move, undo_move, ingest, phone):
    ann, bob = two_people
    made = move(ann, bob, phone=phone)

    undone = undo_move(made).json()

    assert undone | {"undoneAt": "", "undoneBy": ""} == made | {
        "undoneAt": "",
        "undoneBy": "",
        "undoReason": "a mistake",
    }
    assert ingest(phone=phone)["customerId"] == ann


def test_a_repeated_undo_returns_the_first(two_people, detach, undo_move, phone):
    made = detach(two_people[0], phone=phone)
    first = undo_move(made)

    again = undo_move(made, "another reason")

    assert (again.status_code, again.json()) == (200, first.json())


def test_the_undo_of_a_detach_deletes_the_new_customer(
    two_people, detach, undo_move, context, cypher, phone
):
    made = detach(two_people[0], phone=phone)

    assert undo_move(made).json()["deleted"] is True

    assert context(customer=made["to"]) is None
    assert cypher("MATCH (c:Customer {id: $id}) RETURN c", id=made["to"]) == []


def test_the_undo_of_a_detach_leaves_no_trace_on_the_identifier(
    two_people, context, detach, undo_move, phone
):
    ann, _ = two_people
    before = context(customer=ann)["identifiers"]

    undo_move(detach(ann, phone=phone))

    assert context(customer=ann)["identifiers"] == before


def test_the_undo_of_a_detach_keeps_a_new_customer_that_has_an_event(
    two_people, detach, undo_move, ingest, context, phone
):
    made = detach(two_people[0], phone=phone)
    ingest(phone=phone)

    assert "deleted" not in undo_move(made).json()

    assert len(context(customer=made["to"])["touchpoints"]) == 1


def test_a_move_whose_identifier_was_moved_again_is_not_undone(
    two_people, move, detach, undo_move, ingest, phone
):
    ann, bob = two_people
    first = move(ann, bob, phone=phone)
    new = detach(bob, phone=phone)["to"]

    response = undo_move(first)

    assert (response.status_code, response.json()["error"]["code"]) == (409, "merge_conflict")
    assert ingest(phone=phone)["customerId"] == new


def test_moves_are_undone_one_after_the_other(two_people, move, detach, undo_move, ingest, phone):
    ann, bob = two_people
    first = detach(ann, phone=phone)
    second = move(first["to"], bob, phone=phone)

    undone = [undo_move(made) for made in (second, first)]

    assert [response.status_code for response in undone] == [200, 200]
    assert ingest(phone=phone)["customerId"] == ann


@pytest.mark.anyio
async def test_a_repeat_of_the_statements_changes_nothing(two_people, graph, cypher, phone):
    ann, bob = two_people
    both = {"from": ann, "fromSurvivor": ann, "to": bob, "toSurvivor": bob}
    both |= {"locks": sorted(two_people), "at": timestamps.now()[1], "by": "key_1", "reason": "x"}
    id_ = ids.new_identifier_move_id()
    moving = both | {"id": id_, "act": "move", "kind": "phone", "value": phone}

    moved = [await graph.write("identifier_move", **moving) for _ in range(2)]
    undone = [await graph.write("identifier_move_undo", id=id_, **both) for _ in range(2)]

    assert moved == [[{"id": id_}]] * 2
    assert undone[0] == undone[1] != []
    (row,) = cypher(
        "MATCH (i:Identifier {value: $phone})-[r:IDENTIFIES|IDENTIFIED]->(c)"
        "RETURN collect([type(r), c.id]) AS owners",
        phone=phone,
    )
    expected = [["IDENTIFIED", ann], ["IDENTIFIED", bob], ["IDENTIFIES", ann]]
    assert sorted(row["owners"]) == sorted(expected)


# With merges and splits


def test_an_identifier_of_a_merged_customer_is_moved_from_it(
    two_people, person, merge, move, phone
):
    ann, bob = two_people
    other = person("other")
    merge(other, ann)

    made = move(other, bob, phone=phone)

    assert (made["from"], made["to"]) == (ann, bob)


def test_the_undo_of_a_merge_does_not_bring_a_moved_identifier_back(
    two_people, person, merge, undo, move, ingest, names, phone
):
    ann, bob = two_people
    other = person("other")
    merged = merge(other, ann)
    move(ann, bob, phone=phone)

    undo(merged)

    assert ingest(phone=phone)["customerId"] == bob
    assert f"phone:{phone}" not in names(ann) | names(other)


def test_an_identifier_that_is_moved_to_a_merged_customer_stays_its_own(
    two_people, person, merge, undo, move, ingest, phone
):
    ann, bob = two_people
    other = person("other")
    merged = merge(other, bob)
    move(ann, bob, phone=phone)
    together = ingest(phone=phone)["customerId"]

    undo(merged)

    assert (together, ingest(phone=phone)["customerId"]) == (other, bob)


def test_an_undo_gives_the_identifier_back_to_a_customer_that_was_merged_since(
    two_people, person, merge, undo, move, undo_move, ingest, phone
):
    ann, bob = two_people
    other = person("other")
    made = move(ann, bob, phone=phone)
    merged = merge(other, ann)

    undo_move(made)

    assert ingest(phone=phone)["customerId"] == other
    undo(merged)
    assert ingest(phone=phone)["customerId"] == ann


def test_an_identifier_moves_within_merged_customers(two_people, merge, undo, move, ingest, phone):
    ann, bob = two_people
    merged = merge(bob, ann)

    move(ann, bob, phone=phone)

    assert ingest(phone=phone)["customerId"] == bob
    undo(merged)
    assert ingest(phone=phone)["customerId"] == bob


def test_a_detached_customer_that_was_merged_into_the_former_one_is_not_deleted(
    two_people, merge, detach, undo_move, names, context, phone
):
    ann, _ = two_people
    made = detach(ann, phone=phone)
    merge(ann, made["to"])

    assert "deleted" not in undo_move(made).json()

    assert f"phone:{phone}" in names(ann)
    assert context(customer=made["to"])["customerId"] == ann


def test_a_later_split_moves_no_touchpoint_to_a_part_that_got_an_identifier(
    two_people, reviewer, move, ingest, context, email, unique, phone
):
    ann, _ = two_people
    ingest(customer=ann, externalId=unique)
    split = {"reason": "x"}
    (part,) = http_client.ok_json(reviewer.post(f"/v1/customers/{ann}/split", json=split))["parts"]
    move(ann, part["customerId"], phone=phone)

    again = reviewer.post(f"/v1/customers/{ann}/split", json=split)

    assert again.json()["error"]["code"] == "nothing_to_split"
    assert len(context(customer=ann)["touchpoints"]) == 2


def test_an_interrupted_split_still_moves_the_touchpoints_of_a_moved_identifier(
    two_people, reviewer, move, ingest, context, cypher, unique
):
    ann, bob = two_people
    event = ingest(customer=ann, externalId=unique)["eventId"]
    split = {"reason": "x"}
    (part,) = http_client.ok_json(reviewer.post(f"/v1/customers/{ann}/split", json=split))["parts"]
    cypher(
        "MATCH (:Customer)-[has:HAS_TOUCHPOINT]->(t:Touchpoint {id: $event}) "
        "MATCH (ann:Customer {id: $ann}) DELETE has "
        "CREATE (ann)-[:HAS_TOUCHPOINT]->(t) SET t.customerId = ann.id",
        event=event,
        ann=ann,
    )
    move(part["customerId"], bob, externalId=unique)

    reviewer.post(f"/v1/customers/{ann}/split", json=split)

    found = context(customer=part["customerId"])["touchpoints"]
    assert [touchpoint["eventId"] for touchpoint in found] == [event]


def test_a_shared_identifier_stays_marked(two_people, mark, preview, move, phone):
    ann, bob = two_people
    mark(phone=phone)

    move(ann, bob, phone=phone)

    assert preview(bob, phone=phone)["shared"]


# Earlier points in time


def test_before_the_move_the_identifier_was_of_the_former_customer(
    two_people, move, context, names, phone
):
    ann, bob = two_people
    before = timestamps.now()[0]
    moved = move(ann, bob, phone=phone)["at"]

    assert context(phone=phone, asOf=before)["customerId"] == ann
    assert context(phone=phone, asOf=moved)["customerId"] == bob
    assert f"phone:{phone}" in names(ann, asOf=before)
    assert f"phone:{phone}" not in names(bob, asOf=before) | names(ann, asOf=moved)


def test_between_the_move_and_its_undo_the_identifier_was_of_the_other_customer(
    two_people, move, undo_move, context, names, phone
):
    ann, bob = two_people
    made = move(ann, bob, phone=phone)
    undone = undo_move(made).json()["undoneAt"]

    assert context(phone=phone, asOf=made["at"])["customerId"] == bob
    assert f"phone:{phone}" in names(bob, asOf=made["at"])
    assert context(phone=phone, asOf=undone)["customerId"] == ann


def test_an_explanation_names_the_owner_at_the_time_of_the_event(
    two_people, move, undo_move, ingest, reviewer, email, phone
):
    ann, bob = two_people
    earlier = ingest(email=email("bob"), phone=phone)["eventId"]
    made = move(ann, bob, phone=phone)
    meanwhile = ingest(email=email("ann"), phone=phone)["eventId"]
    undo_move(made)

    def outcome(event):
        keys = reviewer.get(f"/v1/events/{event}").json()["keys"]
        (key,) = [key for key in keys if key["kind"] == "phone"]
        return key["outcome"], key["customerId"]

    assert outcome(earlier) == ("overruled", ann)
    assert outcome(meanwhile) == ("overruled", bob)


def test_an_explanation_still_names_the_event_that_attached_a_moved_identifier(
    person, ingest, move, reviewer, email, phone
):
    ann, bob = person("ann"), person("bob")
    event = ingest(email=email("ann"), phone=phone)["eventId"]

    move(ann, bob, phone=phone)

    keys = reviewer.get(f"/v1/events/{event}").json()["keys"]
    assert [(key["outcome"], key["customerId"]) for key in keys if key["kind"] == "phone"] == [
        ("attached", ann)
    ]


# The audit log


@pytest.mark.parametrize("place", [0, 1])
def test_the_audit_log_of_both_customers_has_the_move_and_its_undo(
    two_people, move, undo_move, log, phone, place
):
    made = move(*two_people, phone=phone)
    undone = undo_move(made).json()

    entries = log(two_people[place])

    entry = {
        "id": made["moveId"],
        "by": made["by"],
        "customers": [*two_people],
        "identifier": f"phone:{phone}",
    }
    assert entries == [
        entry | {"kind": "undo", "at": undone["undoneAt"], "reason": "a mistake"},
        entry
        | {"kind": "move", "at": made["at"], "reason": "the number of Bob now", "undone": True},
    ]


def test_the_audit_log_keeps_a_detach_whose_customer_is_deleted(
    two_people, detach, undo_move, log, phone
):
    ann, _ = two_people
    made = detach(ann, phone=phone)
    undo_move(made)

    assert [(entry["kind"], entry["customers"]) for entry in log(ann)] == [
        ("undo", [ann, made["to"]]),
        ("detach", [ann, made["to"]]),
    ]


def test_the_whole_log_has_the_detach_and_its_undo(
    two_people, reviewer, detach, undo_move, log, phone
):
    ann, _ = two_people
    made = detach(ann, phone=phone)
    undo_move(made)

    response = reviewer.get("/v1/identity/changes", params={"limit": 200})

    entries = [entry for entry in response.json()["changes"] if entry["id"] == made["moveId"]]
    assert entries == log(ann)


# Erasures


@pytest.mark.parametrize("is_undone", [False, True])
def test_the_erasure_of_the_owner_redacts_the_identifier_everywhere(
    two_people, move, undo_move, ingest, erase, traces, phone, is_undone
):
    made = move(*two_people, phone=phone)
    ingest(phone=phone)
    if is_undone:
        undo_move(made)

    erase(two_people[0 if is_undone else 1])

    assert traces(phone) == []


def test_the_erasure_of_the_owner_redacts_events_of_customers_merged_with_the_former_one(
    two_people, person, merge, ingest, move, erase, traces, phone
):
    ann, bob = two_people
    other = person("other")
    merge(other, ann)
    ingest(customer=other, phone=phone)
    move(ann, bob, phone=phone)

    erase(bob)

    assert traces(phone) == []


@pytest.mark.parametrize("place", [0, 1])
def test_the_erasure_of_one_of_both_forgets_the_move(two_people, move, erase, cypher, phone, place):
    made = move(*two_people, phone=phone)

    erase(two_people[place])

    assert cypher("MATCH (m:IdentifierMove {id: $id}) RETURN m", id=made["moveId"]) == []


def test_the_erasure_of_a_later_owner_forgets_each_move(
    two_people, move, detach, erase, cypher, traces, phone
):
    ann, bob = two_people
    first = move(ann, bob, phone=phone)
    second = detach(bob, phone=phone)

    erase(second["to"])

    ids = [first["moveId"], second["moveId"]]
    assert cypher("MATCH (m:IdentifierMove) WHERE m.id IN $ids RETURN m", ids=ids) == []
    assert traces(phone) == []


def test_the_erasure_of_the_former_owner_leaves_the_identifier(
    two_people, move, erase, ingest, undo_move, phone
):
    ann, bob = two_people
    made = move(ann, bob, phone=phone)

    erase(ann)

    assert ingest(phone=phone)["customerId"] == bob
    assert undo_move(made).json()["error"]["code"] == "unknown_move"


# Errors


@pytest.mark.parametrize("path", ["move-preview", "move", "detach"])
def test_nothing_of_an_unknown_customer_is_moved(reviewer, path, phone):
    body = {"phone": phone, "reason": "x"} | ({"to": "cus_x"} if path == "move" else {})
    if path == "move-preview":
        del body["reason"]

    response = reviewer.post(f"/v1/customers/cus_nobody/identifiers/{path}", json=body)

    assert (response.status_code, response.json()["error"]["code"]) == (404, "unknown_customer")


def test_an_unknown_customer_gets_nothing(two_people, reviewer, names, phone):
    ann, _ = two_people
    body = {"phone": phone, "to": "cus_nobody", "reason": "x"}

    response = reviewer.post(f"/v1/customers/{ann}/identifiers/move", json=body)

    assert (response.status_code, response.json()["error"]["message"]) == (
        404,
        "No Customer has the ID cus_nobody.",
    )
    assert f"phone:{phone}" in names(ann)


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        (
            {},
            {
                "path": "",
                "message": "must have exactly one of email, phone, externalId, anonymousId",
            },
        ),
        (
            {"email": "a@x.com", "externalId": "a"},
            {
                "path": "",
                "message": "must have exactly one of email, phone, externalId, anonymousId",
            },
        ),
        (
            {"externalId": "nobody's"},
            {"path": "externalId", "message": "must be an Identifier of the Customer"},
        ),
        (
            {"phone": "{phone}", "to": "{ann}"},
            {"path": "to", "message": "must be another Customer"},
        ),
        ({"phone": "{phone}", "to": " "}, {"path": "to", "message": "must be present"}),
    ],
)
def test_an_invalid_move_is_rejected(two_people, reviewer, phone, body, detail):
    ann, bob = two_people
    values = {name: value.format(phone=phone, ann=ann) for name, value in body.items()}
    body = {"to": bob, "reason": "x"} | values

    response = reviewer.post(f"/v1/customers/{ann}/identifiers/move", json=body)

    assert (response.status_code, response.json()["error"]["details"]) == (400, [detail])


def test_an_identifier_of_another_customer_is_not_moved(two_people, reviewer, email):
    ann, _ = two_people
    body = {"email": email("bob"), "reason": "x"}

    response = reviewer.post(f"/v1/customers/{ann}/identifiers/detach", json=body)

    assert response.json()["error"]["details"] == [
        {"path": "email", "message": "must be an Identifier of the Customer"}
    ]


def test_an_unknown_move_is_not_undone(undo_move):
    response = undo_move({"moveId": "mov_nothing"})

    assert (response.status_code, response.json()["error"]["code"]) == (404, "unknown_move")
