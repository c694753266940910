"""`DELETE /v1/customers/{id}`: who goes, what goes with them, and what is left of others."""

import pytest

from app.domain import timestamps
from tests.support import http_client

pytest_plugins = ["tests.support.reviewing", "tests.support.erasing"]


@pytest.fixture
def post(caller):
    def run(path, **body):
        return http_client.ok_json(caller.post(path, json=body))

    return run


def code(response):
    return response.status_code, response.json()["error"]["code"]


def test_an_erasure_leaves_no_data_of_the_customer(erase, ingest, traces, email, phone, unique):
    ingest(email=email("jane"), phone=phone, externalId=unique, properties={"x": unique})
    customer = ingest(email=email("jane"), properties={"utm": {"source": unique}})["customerId"]

    erase(customer)

    assert traces(unique, phone) == []
    assert sorted(label for label, _ in traces(customer)) == ["ErasedCustomer", "Erasure"]


def test_an_erasure_returns_its_customers_counts_time_and_author(erase, ingest, email, phone):
    customer = ingest(email=email("jane"), phone=phone)["customerId"]
    ingest(email=email("jane"))

    erasure = erase(customer, reason="request 1042")

    assert erasure.pop("erasureId").startswith("ers_")
    assert erasure.pop("by").startswith("key_")
    assert timestamps.parse(erasure.pop("at")) < timestamps.parse(erasure.pop("finishedAt"))
    assert erasure == {
        "customers": [customer],
        "identifiers": 2,
        "touchpoints": 2,
        "redacted": 0,
        "reason": "request 1042",
    }


def test_an_erased_customer_is_not_found(caller, erase, ingest, email):
    event = ingest(email=email("jane"))
    customer = event["customerId"]
    erase(customer)

    queries = {"email": email("jane")}, {"customer": customer}
    errors = [code(caller.post("/v1/context", json=query)) for query in queries]
    errors.append(code(caller.get(f"/v1/customers/{customer}/timeline")))
    errors.append(code(caller.post(f"/v1/customers/{customer}/split-preview")))

    assert errors == [(404, "unknown_customer")] * 4
    assert code(caller.get(f"/v1/events/{event['eventId']}")) == (404, "unknown_event")


def test_an_erased_customer_is_not_found_as_of_any_time(caller, erase, ingest, email):
    customer = ingest(email=email("jane"))["customerId"]
    (then, _) = timestamps.now()
    erase(customer)

    context = caller.post("/v1/context", json={"customer": customer, "asOf": then})
    page = caller.get(f"/v1/customers/{customer}/timeline", params={"asOf": then})

    assert code(context) == code(page) == (404, "unknown_customer")


def test_an_event_with_an_erased_identifier_creates_a_new_customer(erase, ingest, email):
    customer = ingest(email=email("jane"))["customerId"]
    erase(customer)

    event = ingest(email=email("jane"))

    assert event["resolved"] == "new"
    assert event["customerId"] != customer


def test_an_event_that_names_an_erased_customer_is_rejected(caller, erase, person):
    customer = person("jane")
    erase(customer)

    response = caller.post("/v1/events", json={"event": "x", "customer": customer})

    assert response.status_code == 400
    assert response.json()["error"]["details"] == [
        {"path": "customer", "message": "must be the ID of an existing Customer"}
    ]


def test_an_idempotency_key_is_forgotten_with_its_event(caller, erase, email, unique):
    event = {"event": "x", "email": email("jane"), "idempotencyKey": unique}
    first = caller.post("/v1/events", json=event)
    erase(first.json()["customerId"])

    again = caller.post("/v1/events", json=event)

    assert "Idempotency-Replayed" not in again.headers
    assert again.json()["eventId"] == first.json()["eventId"]
    assert again.json()["resolved"] == "new"


def test_other_customers_lose_no_data(caller, erase, ingest, email):
    other = ingest(email=email("joe"), properties={"a": 1})["customerId"]
    before = caller.post("/v1/context", json={"customer": other}).content

    erase(ingest(email=email("jane"))["customerId"])

    assert caller.post("/v1/context", json={"customer": other}).content == before


def test_customers_merged_with_a_customer_are_erased_with_it(erase, person, merge, traces, unique):
    one, two, three = person("one"), person("two"), person("three")
    merge(two, three)
    merge(one, two)

    erasure = erase(one)

    assert erasure["customers"] == [one, *sorted([two, three])]
    assert (erasure["identifiers"], erasure["touchpoints"]) == (3, 3)
    assert traces(unique) == []


def test_a_merged_id_erases_its_surviving_customer(caller, erase, person, merge, traces):
    one, two = person("one"), person("two")
    merge(one, two)

    assert erase(two)["customers"] == [one, two]
    assert erase(one) == erase(two)


def test_a_repeated_erasure_returns_the_first_response(erase, person):
    customer = person("jane")

    first = erase(customer, reason="once")

    assert erase(customer, reason="twice") == first


def test_an_unknown_customer_cannot_be_erased(caller):
    assert code(caller.delete("/v1/customers/cus_nobody")) == (404, "unknown_customer")


@pytest.mark.parametrize(
    ("path", "fault"),
    [
        ("cus_nobody?reason=" + "x" * 1001, "reason"),
        ("cus_nobody?why=x", "why"),
        ("cus_nobody?customer=x", "customer"),
        ("x" * 256, "customer"),
        ("%20", "customer"),
    ],
)
def test_an_erasure_that_cannot_be_asked_for_is_400(caller, path, fault):
    response = caller.delete(f"/v1/customers/{path}")

    assert code(response) == (400, "invalid_payload")
    assert response.json()["error"]["details"][0]["path"] == fault


def test_a_reason_may_be_left_out_or_blank(erase, person):
    assert "reason" not in erase(person("jane"), reason=" ")


def test_conflicts_of_an_erased_customer_are_deleted(caller, erase, ingest, person, email, phone):
    jane = person("jane")
    joe = ingest(email=email("joe"), phone=phone)["customerId"]
    ingest(email=email("jane"), phone=phone)
    erase(jane)

    context = caller.post("/v1/context", json={"customer": joe}).json()
    conflicts = caller.get("/v1/identity/conflicts", params={"limit": 100}).text

    assert context["possibleSamePeople"] == []
    assert jane not in conflicts


def test_an_identifier_in_an_event_of_another_customer_is_redacted(
    caller, erase, ingest, person, email, phone, traces
):
    person("joe")
    jane = ingest(email=email("jane"), phone=phone)["customerId"]
    written = f"({phone[2:5]}) {phone[5:8]}-{phone[8:]}"
    event = ingest(email=email("joe"), phone=written, properties={"form": "demo"})

    erasure = erase(jane)

    assert erasure["redacted"] == 1
    assert traces(phone, written) == []
    explained = caller.get(f"/v1/events/{event['eventId']}").json()
    assert explained["identifiers"] == [f"email:{email('joe')}"]
    assert explained["properties"] == {"form": "demo"}
    assert [key["outcome"] for key in explained["keys"]] == ["decided"]


def test_every_identifier_is_redacted_in_events_of_customers_seen_with_one(
    erase, ingest, person, post, email, phone, unique, traces
):
    jane = ingest(phone=phone, externalId=unique)["customerId"]
    joe = person("joe")
    ingest(customer=joe, phone=phone)
    post("/v1/identity/shared", externalId=unique, shared=True, reason="x")
    ingest(email=email("joe"), externalId=unique)

    assert erase(jane)["redacted"] == 2
    assert traces(f"externalId:{unique}") == []


@pytest.mark.parametrize("first", ["phone", "externalId"])
@pytest.mark.parametrize("again", ["phone", "externalId"])
def test_an_event_with_two_of_the_keys_counts_once_wherever_a_split_took_it(
    erase, ingest, person, post, email, phone, unique, first, again
):
    keys = {"phone": phone, "externalId": unique}
    jane = ingest(**{first: keys[first]})["customerId"]
    ingest(**keys)
    whole = person("whole")
    ingest(customer=whole, email=email("joe"), **keys)
    (part,) = post(f"/v1/customers/{whole}/split", reason="x")["parts"]
    ingest(customer=part["customerId"], **{again: keys[again]})

    assert erase(jane)["redacted"] == 2


def test_an_identifier_is_redacted_in_parts_split_off_since(
    erase, ingest, person, post, email, phone
):
    """The event of Joe that carried Jane's phone has gone to another Customer with his email."""
    jane = ingest(email=email("jane"), phone=phone)["customerId"]
    whole = person("whole")
    ingest(customer=whole, email=email("joe"))
    ingest(email=email("joe"), phone=phone)
    (part,) = post(f"/v1/customers/{whole}/split", reason="x")["parts"]
    assert part["touchpoints"] == 2

    assert erase(jane)["redacted"] == 1


def test_an_identifier_is_redacted_in_events_received_during_a_merge(
    caller, erase, ingest, person, merge, post, email, phone
):
    joe, jane = person("joe"), ingest(email=email("jane"), phone=phone)["customerId"]
    merged = merge(joe, jane)
    event = ingest(email=email("joe"), phone=phone)["eventId"]
    post(f"/v1/merges/{merged['mergeId']}/undo")

    assert erase(jane)["redacted"] == 1

    explained = caller.get(f"/v1/events/{event}").json()
    assert explained["identifiers"] == [f"email:{email('joe')}"]


def test_a_shared_identifier_is_redacted_in_the_events_of_a_split_part(
    erase, ingest, person, post, email, phone
):
    whole = ingest(email=email("jane"), phone=phone)["customerId"]
    ingest(phone=phone, externalId=email("joe"))
    post(f"/v1/customers/{whole}/split", shared=[f"phone:{phone}"], reason="x")

    assert erase(whole)["redacted"] == 1


def test_an_event_that_an_erased_identifier_resolved_is_explained_without_it(
    caller, erase, ingest, person, post, cypher, email, phone
):
    """Joe's event was found by a phone that stayed with the whole, who is erased."""
    whole = ingest(email=email("jane"), phone=phone)["customerId"]
    event = ingest(phone=phone, externalId=email("joe"))
    (part,) = post(f"/v1/customers/{whole}/split", shared=[f"phone:{phone}"], reason="x")["parts"]
    post("/v1/identity/shared", phone=phone, shared=False, reason="x")
    ingest(externalId=email("joe"), email=email("new"))
    ingest(email=email("new"), phone=phone)
    assert erase(whole)["redacted"] == 2

    explained = caller.get(f"/v1/events/{event['eventId']}").json()

    assert explained["resolved"] == "phone"
    assert explained["identifiers"] == [f"externalId:{email('joe')}"]
    assert explained["explanation"].startswith(
        f"Its phone, which was erased later, matched {part['customerId']}, so the event"
    )


def test_keys_of_others_came_with_one_customer_fewer(
    erase, ingest, person, identifier, email, phone
):
    ingest(email=email("joe"), phone=phone)
    people = [person(f"p{n}") for n in range(3)]
    for n in range(3):
        ingest(email=email(f"p{n}"), phone=phone)

    erase(people[0])

    assert identifier(phone)[0][0]["seenWith"] == 2


def test_customers_seen_before_an_unmark_are_not_subtracted(
    erase, ingest, person, post, identifier, email, phone
):
    ingest(email=email("joe"), phone=phone)
    before, after = person("p0"), person("p1")
    ingest(email=email("p0"), phone=phone)
    post("/v1/identity/shared", phone=phone, shared=False, reason="x")
    ingest(email=email("p1"), phone=phone)

    erase(before)
    assert identifier(phone)[0][0]["seenWith"] == 1
    erase(after)
    assert identifier(phone)[0][0]["seenWith"] == 0


def test_an_unattached_identifier_is_erased_with_the_customer_of_its_event(
    cypher, erase, ingest, identifier, email, unique
):
    customer = ingest(email=email("jane"))["customerId"]
    event = ingest(email=email("jane"), externalId=unique)["eventId"]
    cypher(
        """
        MATCH (i:Identifier {value: $value})-[r:IDENTIFIES]->() DELETE r
        WITH i MATCH (t:Touchpoint {id: $event}) SET t.beyondLimit = ['externalId:' + $value]
        """,
        value=unique,
        event=event,
    )

    erase(customer)

    assert identifier(unique) == []


def test_a_part_that_was_split_off_stays(caller, erase, ingest, person, post, email):
    whole = person("jane")
    ingest(customer=whole, email=email("joe"))
    split = post(f"/v1/customers/{whole}/split", reason="x")["parts"][0]
    part = split["customerId"]

    erase(whole)

    assert caller.post("/v1/context", json={"email": email("joe")}).json()["customerId"] == part
    page = caller.get(f"/v1/customers/{part}/timeline").json()
    assert len(page["touchpoints"]) == 1
    assert code(caller.post(f"/v1/splits/{split['splitId']}/undo")) == (404, "unknown_split")
    trail = caller.get("/v1/identity/changes", params={"customer": part})
    assert trail.json() == {"changes": []}


def test_the_whole_of_a_part_that_is_erased_stays(caller, erase, ingest, person, post, email):
    whole = person("jane")
    ingest(customer=whole, email=email("joe"))
    part = post(f"/v1/customers/{whole}/split", reason="x")["parts"][0]["customerId"]

    erasure = erase(part)

    assert (erasure["customers"], erasure["touchpoints"]) == ([part], 1)
    page = caller.get(f"/v1/customers/{whole}/timeline").json()
    assert [touchpoint["identifiers"] for touchpoint in page["touchpoints"]] == [
        [f"email:{email('jane')}"]
    ]


@pytest.mark.parametrize("which", ["whole", "part"])
def test_a_split_that_was_interrupted_is_finished_first(
    caller, erase, ingest, person, post, cypher, email, which
):
    whole = person("jane")
    ingest(customer=whole, email=email("joe"))
    part = post(f"/v1/customers/{whole}/split", reason="x")["parts"][0]["customerId"]
    cypher(
        """
        MATCH (:Customer {id: $part})-[has:HAS_TOUCHPOINT]->(t), (whole:Customer {id: $whole})
        DELETE has CREATE (whole)-[:HAS_TOUCHPOINT]->(t) SET t.customerId = $whole
        """,
        part=part,
        whole=whole,
    )

    gone, other = (whole, part) if which == "whole" else (part, whole)
    erasure = erase(gone)

    assert erasure["touchpoints"] == 1
    page = caller.get(f"/v1/customers/{other}/timeline").json()
    assert len(page["touchpoints"]) == 1


def test_an_undone_merge_with_an_erased_customer_is_deleted(
    caller, erase, person, merge, post, email
):
    one, two = person("one"), person("two")
    merged = merge(one, two)
    post(f"/v1/merges/{merged['mergeId']}/undo")

    erase(one)

    assert code(caller.post(f"/v1/merges/{merged['mergeId']}/undo")) == (404, "unknown_merge")
    assert caller.get("/v1/identity/changes", params={"customer": two}).json() == {"changes": []}
    context = caller.post("/v1/context", json={"customer": two, "asOf": merged["at"]}).json()
    assert (context["customerId"], len(context["touchpoints"])) == (two, 1)


def test_a_dismissal_of_an_erased_customer_is_deleted_undone_or_not(
    caller, erase, person, ingest, post, email, phone
):
    one, two, three = person("one"), person("two"), person("three")
    ingest(email=email("one"), phone=phone)
    ids = []
    for other, name in ((two, "two"), (three, "three")):
        ingest(email=email(name), phone=phone)
        dismissal = post(f"/v1/identity/conflicts/{one}~{other}/dismiss", reason="a couple")
        ids.append(dismissal["id"])
    post(f"/v1/dismissals/{ids[0]}/undo")

    erase(one)

    for id_, other in zip(ids, (two, three), strict=True):
        assert code(caller.post(f"/v1/dismissals/{id_}/undo")) == (404, "unknown_dismissal")
        changes = caller.get("/v1/identity/changes", params={"customer": other}).json()
        assert changes == {"changes": []}


def test_a_merge_of_an_erased_customer_is_not_undone(caller, erase, person, merge):
    one, two = person("one"), person("two")
    merged = merge(one, two)
    erase(one)

    assert code(caller.post(f"/v1/merges/{merged['mergeId']}/undo")) == (404, "unknown_merge")


def test_the_review_of_an_identifier_stays_with_its_current_owner(
    caller, erase, ingest, person, post, email
):
    whole = person("jane")
    ingest(customer=whole, email=email("joe"))
    review = post("/v1/identity/shared", email=email("joe"), shared=False, reason="theirs")
    (part,) = post(f"/v1/customers/{whole}/split", reason="x")["parts"]

    erase(whole)

    trail = caller.get("/v1/identity/changes", params={"customer": part["customerId"]}).json()
    assert trail["changes"] == [review | {"customers": [part["customerId"]]}]


@pytest.mark.parametrize("merged_is_erased", [True, False])
def test_an_identifier_that_an_undo_left_behind_is_erased_with_its_owner(
    cypher, erase, person, merge, post, identifier, email, merged_is_erased
):
    one, two = person("one"), person("two")
    post(f"/v1/merges/{merge(one, two)['mergeId']}/undo")
    # As an event leaves it that is committed together with the undo.
    cypher(
        """
        MATCH (i:Identifier {value: $value})-[r:IDENTIFIES]->(), (one:Customer {id: $one})
        DELETE r CREATE (i)-[:IDENTIFIES {since: datetime(), home: $two}]->(one)
        """,
        value=email("two"),
        one=one,
        two=two,
    )

    erase(two if merged_is_erased else one)

    owners = [(owner, home) for _, owner, home in identifier(email("two"))]
    assert owners == ([] if merged_is_erased else [(two, None)])
    assert bool(identifier(email("one"))) == merged_is_erased


def test_relationships_of_the_operators_own_do_not_stop_it(cypher, erase, person, unique):
    customer = person("jane")
    cypher(
        """
        MATCH (c:Customer {id: $id})-[:HAS_TOUCHPOINT]->(t), (i:Identifier)-[:IDENTIFIES]->(c)
        CREATE (s:Segment {name: $name}) CREATE (c)-[:IN]->(s), (s)-[:OF]->(t), (i)-[:IN]->(s)
        """,
        id=customer,
        name=f"segment {customer}",
    )

    assert erase(customer)["finishedAt"]
    ((left,),) = cypher(
        "MATCH (s:Segment {name: $n}) RETURN COUNT { (s)--() }", n=f"segment {customer}"
    )
    assert left == 0
    cypher("MATCH (s:Segment {name: $n}) DELETE s", n=f"segment {customer}")


def test_an_erasure_is_in_the_audit_log_without_personal_data(caller, erase, person, merge):
    one, two = person("one"), person("two")
    merge(one, two)
    erasure = erase(one, reason="request 1042")
    change = {
        "id": erasure["erasureId"],
        "kind": "erasure",
        "at": erasure["at"],
        "by": erasure["by"],
        "customers": [one, two],
        "reason": "request 1042",
    }

    trail = caller.get("/v1/identity/changes", params={"limit": 200}).json()["changes"]

    assert [entry for entry in trail if entry["id"] == change["id"]] == [change]
    for customer in (one, two):
        own = caller.get("/v1/identity/changes", params={"customer": customer}).json()
        assert own == {"changes": [change]}
