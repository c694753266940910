"""`python -m app erase`, on the test database while a service runs."""

from functools import partial

import pytest

from app.access import api_keys
from tests.support import http_client


@pytest.fixture
def erase(cli, address):
    """Runs the command, with what is typed at its question."""
    return partial(cli, "erase")


@pytest.fixture(scope="module")
def reader(address, make_key):
    headers = {
        "X-API-Key": make_key(
            api_keys.CONTEXT_READ, api_keys.IDENTITY_READ, api_keys.IDENTITY_WRITE
        )
    }
    with http_client.Client(base_url=address, headers=headers) as client:
        yield client


@pytest.fixture
def is_known(reader):
    return lambda **query: reader.post("/v1/context", json=query).status_code == 200


def test_it_shows_the_data_to_erase_and_asks(erase, ingest, is_known, unique):
    email = f"jane.{unique}@x.com"
    ingest(email=email, timestamp="2026-04-29T10:14:32Z")
    customer = ingest(email=email, externalId=unique, timestamp="2026-05-01T00:00:00Z")[
        "customerId"
    ]

    run = erase(customer, stdin="n\n")

    assert run.returncode == 1
    assert run.stdout.splitlines() == [
        customer,
        f"  2 identifiers: email {email}, externalId {unique}",
        "  2 touchpoints from 2026-04-29T10:14:32Z to 2026-05-01T00:00:00Z",
    ]
    assert "Erase 1 Customer permanently? [y/N]" in run.stderr
    assert is_known(customer=customer)


def test_a_yes_erases_and_reports_the_counts(erase, ingest, is_known, reader, unique):
    customer = ingest(email=f"jane.{unique}@x.com")["customerId"]

    run = erase(customer, "--reason", "request 1042", stdin="y\n")

    assert (run.returncode, is_known(customer=customer)) == (0, False)
    assert f"{customer} erased at" in run.stdout
    assert "1 identifiers, 1 touchpoints; 0 events of other Customers redacted" in run.stdout
    (change,) = reader.get("/v1/identity/changes", params={"customer": customer}).json()["changes"]
    assert (change["kind"], change["by"], change["reason"]) == ("erasure", "cli", "request 1042")


def test_several_can_be_named_in_any_way_and_each_is_erased_once(
    erase, ingest, is_known, reader, unique
):
    jane, joe = f"jane.{unique}@x.com", f"joe.{unique}@x.com"
    first, second = ingest(email=jane)["customerId"], ingest(externalId=unique)["customerId"]
    body = {"from": second, "reason": "x"}
    assert reader.post(f"/v1/customers/{first}/merge", json=body).status_code == 200
    other = ingest(email=joe)["customerId"]

    run = erase(second, "--email", jane.upper(), "--email", joe, "--external-id", unique, "--yes")

    assert run.returncode == 0, run.stderr
    assert run.stdout.splitlines()[0] == f"{first}, with {second} merged into it"
    assert run.stdout.count("erased at") == 2
    assert not any(is_known(customer=customer) for customer in (first, second, other))


def test_an_anonymous_id_names_a_customer_with_all_that_is_merged_into_it(
    erase, track, is_known, unique
):
    known, visit, _ = track(
        [
            {"event": "x", "externalId": unique},
            {"event": "x", "anonymousId": unique},
            {"event": "x", "externalId": unique, "anonymousId": unique},
        ]
    )

    run = erase("--anonymous-id", unique, "--yes")

    assert run.returncode == 0, run.stderr
    assert run.stdout.splitlines()[0] == (
        f"{known['customerId']}, with {visit['customerId']} merged into it"
    )
    assert not is_known(externalId=unique)
    assert not is_known(anonymousId=unique)


def test_no_customer_is_erased_if_one_is_unknown(erase, ingest, is_known, unique):
    customer = ingest(email=f"jane.{unique}@x.com")["customerId"]

    run = erase(customer, "--email", f"nobody.{unique}@x.com", "--yes")

    assert run.returncode == 1
    assert run.stderr == (
        f"Error: no Customer matches nobody.{unique}@x.com; no Customer was erased\n"
    )
    assert is_known(customer=customer)


def test_an_earlier_erasure_is_reported_again(erase, ingest, unique):
    customer = ingest(email=f"jane.{unique}@x.com")["customerId"]
    first = erase(customer, "--yes")

    again = erase(customer)

    assert again.returncode == 0
    assert again.stdout.splitlines() == [
        f"{customer}: erasure already requested",
        first.stdout.splitlines()[-1],
    ]


def test_an_interrupted_erasure_resumes_without_a_question(erase, ingest, cypher, unique):
    customer = ingest(email=f"jane.{unique}@x.com")["customerId"]
    erase(customer, "--yes")
    cypher(
        """
        MATCH (:ErasedCustomer {id: $id})<-[:ERASED]-(erasure)
        SET erasure.progressAt = datetime() REMOVE erasure.finishedAt
        CREATE (erasure)-[:LEAVES]->(left:Leftover {id: $id})
        CREATE (left)-[:HAS_TOUCHPOINT]->(:Touchpoint {id: 'evt_' + $id, customerId: $id})
        """,
        id=customer,
    )

    run = erase(customer)

    assert run.returncode == 0
    assert "1 identifiers, 2 touchpoints" in run.stdout
    assert not cypher("MATCH (t:Touchpoint {id: $id}) RETURN t", id=f"evt_{customer}")


@pytest.mark.parametrize(
    "arguments",
    [[], ["--email", "jane"], ["cus_x", "--reason", "x" * 1001], ["x" * 256], ["--force", "cus_x"]],
)
def test_wrong_usage_is_reported(erase, arguments):
    assert erase(*arguments).returncode == 2


def test_an_unavailable_database_leaves_it_unfinished(erase):
    run = erase("cus_x", "--yes", NEO4J_URI="bolt://127.0.0.1:1", NEO4J_PASSWORD="x")

    assert run.returncode == 3
    assert "Traceback" not in run.stderr
