"""Events that name a Customer by its ID, while one of its identifiers is suppressed."""

import pytest

from tests.support import http_client
from tests.support.errors import SUPPRESSED, code
from tests.support.mcp_client import over_http
from tests.support.server import wait_for

pytest_plugins = [
    "tests.support.erasing",
    "tests.support.suppressing",
    "tests.support.reviewing",
    "tests.support.moving",
]


@pytest.fixture
def jane(ingest, email):
    """A Customer with one identifier, an email."""
    return ingest(email=email("jane"))["customerId"]


@pytest.fixture
def suppress_jane(suppress, email):
    return lambda: suppress(f"email:{email('jane')}")


@pytest.fixture
def rejected(jane, suppress_jane):
    """The same Customer, suppressed."""
    suppress_jane()
    return jane


def test_an_event_without_an_identifier_is_rejected(rejected, send):
    assert code(send(customer=rejected)) == SUPPRESSED


def test_the_error_names_the_field_without_the_identifier(rejected, send, email):
    response = send(customer=rejected)

    assert response.json()["error"]["details"] == [
        {"path": "customer", "message": "must not have an identifier on the suppression list"}
    ]
    assert email("jane") not in response.text


def test_a_rejected_event_is_not_stored(rejected, send, cypher):
    send(customer=rejected)

    (row,) = cypher("MATCH (t:Touchpoint {customerId: $id}) RETURN count(t) AS n", id=rejected)
    assert row["n"] == 1


def test_an_event_with_another_identifier_is_rejected(rejected, send, unique, identifier):
    assert code(send(customer=rejected, externalId=unique)) == SUPPRESSED
    assert identifier(unique) == []


def test_the_error_names_each_field(rejected, send, email):
    response = send(customer=rejected, email=email("jane"))

    paths = [detail["path"] for detail in response.json()["error"]["details"]]
    assert paths == ["email", "customer"]


def test_one_of_several_identifiers_is_enough(ingest, suppress, send, email, unique):
    customer = ingest(email=email("jane"), externalId=unique)["customerId"]
    suppress(f"externalId:{unique}")

    assert code(send(customer=customer)) == SUPPRESSED


def test_an_anonymous_customer_is_rejected(client, suppress, send, cypher, unique):
    client.post("/v1/track", json={"event": "x", "anonymousId": unique})
    (row,) = cypher(
        "MATCH (:Identifier {kind: 'anonymousId', value: $v})-[:IDENTIFIES]->(c) RETURN c.id AS id",
        v=unique,
    )
    suppress(f"anonymousId:{unique}")

    assert code(send(customer=row["id"])) == SUPPRESSED


@pytest.mark.parametrize("suppressed", ["jane", "jo"])
@pytest.mark.parametrize("named", ["jane", "jo"])
def test_merged_customers_have_each_others_identifiers(
    person, merge, suppress, send, email, suppressed, named
):
    customers = {name: person(name) for name in ("jane", "jo")}
    merge(customers["jane"], customers["jo"])
    suppress(f"email:{email(suppressed)}")

    assert code(send(customer=customers[named])) == SUPPRESSED


def test_after_the_undo_of_a_merge_each_has_its_own(person, merge, undo, suppress, send, email):
    jane, jo = person("jane"), person("jo")
    undo(merge(jane, jo))
    suppress(f"email:{email('jo')}")

    assert [send(customer=customer).status_code for customer in (jane, jo)] == [200, 422]


def test_an_identifier_that_was_moved_counts_for_its_new_owner(
    jane, ingest, person, move, suppress, send, unique
):
    ingest(customer=jane, externalId=unique)
    jo = person("jo")
    move(jane, jo, externalId=unique)
    suppress(f"externalId:{unique}")

    assert [send(customer=customer).status_code for customer in (jane, jo)] == [200, 422]


def test_an_identifier_of_another_customer_does_not_count(
    jane, ingest, suppress, send, email, phone
):
    ingest(phone=phone)
    ingest(email=email("jane"), phone=phone)  # an identity conflict
    suppress(f"phone:{phone}")

    assert send(customer=jane).status_code == 200


def test_a_shared_identifier_counts(rejected, mark, send, email):
    mark(email=email("jane"))

    assert code(send(customer=rejected)) == SUPPRESSED


def test_a_blocked_value_does_not_count(jane, suppress, send, cypher, unique):
    """It was attached before the setting blocked it."""
    cypher(
        """
        MATCH (c:Customer {id: $id})
        CREATE (:Identifier {kind: 'email', value: $value, weight: 1.0})
          -[:IDENTIFIES {since: datetime()}]->(c)
        """,
        id=jane,
        value=f"noreply@{unique}.org",
    )
    suppress(f"email:noreply@{unique}.org")

    assert send(customer=jane).status_code == 200


def test_an_identifier_that_a_merge_left_behind_counts_for_its_own_customer(
    jane, person, suppress, send, cypher, unique
):
    jo = person("jo")
    cypher(
        """
        MATCH (c:Customer {id: $id})
        CREATE (:Identifier {kind: 'externalId', value: $value, weight: 0.8})
          -[:IDENTIFIES {since: datetime(), home: $home}]->(c)
        """,
        id=jo,
        home=jane,
        value=unique,
    )
    suppress(f"externalId:{unique}")

    assert [send(customer=customer).status_code for customer in (jane, jo)] == [422, 200]


def test_a_retry_of_a_stored_event_is_rejected(jane, suppress_jane, send, unique):
    event = {"customer": jane, "idempotencyKey": unique}
    send(**event)
    suppress_jane()

    assert code(send(**event)) == SUPPRESSED


def test_after_the_end_of_the_suppression_events_are_stored(rejected, suppress, send, email):
    suppress(f"email:{email('jane')}", path="/v1/suppressions/remove")

    assert send(customer=rejected).status_code == 200


def test_an_unknown_customer_is_still_invalid(rejected, send):
    assert code(send(customer="cus_nobody")) == (400, "invalid_payload")


@pytest.fixture
def batch(rejected, person):
    """Events of a Customer that is not suppressed, and of one that is."""
    return {"events": [{"event": "x", "customer": own} for own in (person("jo"), rejected)]}


def test_a_suppressed_customer_rejects_its_batch(batch, client):
    response = client.post("/v1/events", json=batch)

    assert code(response) == SUPPRESSED
    paths = [detail["path"] for detail in response.json()["error"]["details"]]
    assert paths == ["events[1].customer"]


def test_an_event_of_a_lenient_batch_is_rejected_alone(batch, client):
    response = client.post("/v1/events", json=batch, headers={"Prefer": "handling=lenient"})

    stored, rejected = response.json()["results"]
    assert (stored["resolved"], rejected["error"]["code"]) == ("customer", "suppressed")


def test_each_event_of_merged_customers_is_rejected(person, merge, suppress, client, email):
    jane, jo = person("jane"), person("jo")
    merge(jane, jo)
    suppress(f"email:{email('jo')}")
    events = [{"event": "x", "customer": customer} for customer in (jane, jo, jane)]

    response = client.post("/v1/events", json={"events": events})

    paths = [detail["path"] for detail in response.json()["error"]["details"]]
    assert paths == [f"events[{position}].customer" for position in range(3)]


def test_a_dry_run_is_rejected(rejected, client):
    body = {"event": "x", "customer": rejected}

    assert code(client.post("/v1/events", params={"dryRun": "true"}, json=body)) == SUPPRESSED


@pytest.mark.anyio
@pytest.mark.parametrize("is_dry_run", [False, True])
async def test_an_agent_gets_the_error(address, api_key, rejected, is_dry_run):
    event = {"event": "x", "customer": rejected, "dryRun": is_dry_run}

    async with over_http(address, {"X-API-Key": api_key}) as client:
        result = await client.call_tool("ingest_event", event)

    assert result.structured_content["error"]["code"] == "suppressed"


def test_rejected_events_are_listed_without_the_customer(rejected, send, caller):
    send(customer=rejected)

    def groups():
        params = {"code": "suppressed", "limit": 200}
        return http_client.ok_json(caller.get("/v1/rejections", params=params))["rejections"]

    wait_for(lambda: any(group["field"] == "customer" for group in groups()))
    assert rejected not in str(groups())
    assert [group for group in groups() if "sample" in group] == []
