"""`POST /v1/events?dryRun=true`: the result that a request would have, without a write."""

import pytest

from tests.support import http_client


@pytest.fixture
def preview(client):
    """Sends events as a dry run, and returns the response."""

    def send(body, **arguments):
        response = client.post("/v1/events", params={"dryRun": "true"}, json=body, **arguments)
        return http_client.ok_json(response)

    return send


@pytest.fixture
def graph_of(cypher):
    """All that the graph has of people whose identifiers contain a text."""

    def read(text):
        return [
            row.data()
            for row in cypher(
                """
                MATCH (i:Identifier) WHERE i.value CONTAINS $text
                OPTIONAL MATCH (i)-[r]->(c:Customer)
                RETURN
                  i.value AS value, properties(i) AS identifier, type(r) AS type,
                  properties(r) AS relationship, c.id AS customer,
                  COUNT { (c)--() } AS degree
                ORDER BY value, type, customer
                """,
                text=text,
            )
        ]

    return read


@pytest.fixture
def person(unique, phone):
    return {"event": "x", "email": f"{unique}@acme.com", "phone": phone}


def outcomes(result):
    return {item["kind"]: item["outcome"] for item in result["keys"]}


def test_a_new_person_would_create_a_customer(preview, person):
    result = preview(person)

    assert (result["dryRun"], result["resolved"]) == (True, "new")
    assert outcomes(result) == {"email": "attached", "phone": "attached"}
    assert "customerId" not in result


def test_a_new_person_is_not_stored(preview, person, graph_of, unique):
    preview(person)

    assert graph_of(unique) == []


def test_a_known_identifier_matches_and_a_new_one_would_be_attached(preview, ingest, person):
    stored = ingest(email=person["email"])

    result = preview(person)

    assert (result["customerId"], result["resolved"]) == (stored["customerId"], "email")
    assert outcomes(result) == {"email": "decided", "phone": "attached"}


def test_a_conflict_is_previewed_and_the_graph_is_unchanged(
    preview, ingest, person, graph_of, unique
):
    ingest(email=person["email"])
    other = ingest(phone=person["phone"], externalId=f"crm-{unique}")["customerId"]
    before = graph_of(unique)

    result = preview(person)

    (conflict,) = [item for item in result["keys"] if item["outcome"] == "overruled"]
    assert (conflict["kind"], conflict["customerId"]) == ("phone", other)
    assert graph_of(unique) == before


def test_the_write_after_it_has_the_previewed_result(preview, ingest, person):
    ingest(phone=person["phone"])

    previewed = preview(person)
    stored = ingest(**person)

    assert {name: previewed[name] for name in ("customerId", "resolved")} == {
        name: stored[name] for name in ("customerId", "resolved")
    }


def test_the_outcomes_are_those_of_the_explanation_after_the_write(
    preview, ingest, address, make_key, person
):
    ingest(email=person["email"])
    ingest(phone=person["phone"])

    previewed = preview(person)
    stored = ingest(**person)

    headers = {"X-API-Key": make_key("context:read")}
    route = f"{address}/v1/events/{stored['eventId']}"
    explained = http_client.get(route, headers=headers).json()
    assert (previewed["keys"], previewed["explanation"]) == (
        explained["keys"],
        explained["explanation"],
    )


def test_a_stored_event_is_named(preview, ingest, person, unique):
    event = person | {"idempotencyKey": unique}
    stored = ingest(**event)

    result = preview(event)

    assert (result["storedEventId"], result["customerId"]) == (
        stored["eventId"],
        stored["customerId"],
    )


def test_it_uses_no_idempotency_key(preview, client, person, unique):
    headers = {"Idempotency-Key": unique}
    preview(person, headers=headers)

    response = client.post("/v1/events", json=person | {"event": "y"}, headers=headers)

    assert response.status_code == 200
    assert "Idempotency-Replayed" not in response.headers


def test_a_blocked_value_is_a_warning(preview, person):
    result = preview(person | {"externalId": "null"})

    assert [item["code"] for item in result["warnings"]] == ["blocked_key"]


def test_a_later_event_of_a_batch_sees_the_earlier_one(preview, person):
    batch = {"events": [person, {"event": "x", "email": person["email"]}]}

    result = preview(batch)

    assert result["accepted"] == 2
    assert [item["resolved"] for item in result["results"]] == ["new", "email"]


def test_a_lenient_batch_has_the_error_of_a_bad_event(preview, person):
    batch = {"events": [{"event": "x"}, person, person | {"customer": "cus_nobody"}]}

    result = preview(batch, headers={"Prefer": "handling=lenient"})

    assert result["accepted"] == 1
    assert ["error" in item for item in result["results"]] == [True, False, True]


@pytest.mark.parametrize("event", [{"event": "x"}, {"event": "x", "customer": "cus_nobody"}])
def test_an_event_is_rejected_as_without_a_dry_run(client, event):
    dry, real = [client.post(f"/v1/events{query}", json=event) for query in ("?dryRun=true", "")]

    assert (dry.status_code, dry.json()) == (real.status_code, real.json())


@pytest.mark.parametrize("value", ["", "maybe"])
def test_another_value_than_true_or_false_is_rejected(client, value):
    response = client.post("/v1/events", params={"dryRun": value}, json={"event": "x"})

    assert response.json()["error"]["details"][0]["path"] == "dryRun"


def test_with_false_the_event_is_stored(client, cypher, person):
    response = client.post("/v1/events", params={"dryRun": "false"}, json=person)

    assert cypher("MATCH (t:Touchpoint {id: $id}) RETURN t", id=response.json()["eventId"])


def test_an_event_with_a_suppressed_identifier_is_rejected(client, make_key, person):
    body = {"identifiers": [f"email:{person['email']}"], "reason": "request 1"}
    headers = {"X-API-Key": make_key("customers:delete")}
    http_client.ok_json(client.post("/v1/suppressions", json=body, headers=headers))

    response = client.post("/v1/events", params={"dryRun": "true"}, json=person)

    assert (response.status_code, response.json()["error"]["code"]) == (422, "suppressed")
