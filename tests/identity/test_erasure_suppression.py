"""Erasures with suppression, while another process has an older copy of the suppression list."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

import pytest

from app import main
from app.identity.erasure import ErasureService
from app.identity.erasure_query import ErasureQuery
from app.identity.merges import MergeService
from app.identity.splits import SplitService
from app.identity.suppression_list import SuppressionList
from app.identity.suppression_secret_file import SuppressionSecretFile
from app.identity.suppressions import SuppressionService
from app.observability.metrics import Metrics
from app.services import Services
from tests.support import http_client
from tests.support.server import SUPPRESSION_SECRET_FILE, serving, wait_for, wait_until_ready

pytest_plugins = ["tests.support.erasing", "tests.support.reviewing"]


class OldCopy(SuppressionList):
    """A copy that a process read before the suppression, and that it may still use."""

    @property
    def is_current(self):
        return True

    async def refresh(self):
        """Reads nothing more."""


def build_behind(config, database):
    services = Services(config, database, Metrics(), copy_suppressions=OldCopy)
    return main.assemble(services, config)


@pytest.fixture(scope="module")
def behind(database, api_key):
    """A client of another process, which has an older copy of the list."""
    with serving(database, build=build_behind) as address:
        wait_until_ready(address)
        headers = {"X-API-Key": api_key}
        with http_client.Client(base_url=address, headers=headers) as client:
            yield client


@pytest.fixture
def send_behind(behind):
    """Sends an event to the process that is behind, and returns the ID of the Customer."""

    def send(**event):
        response = behind.post("/v1/events", json={"event": "x", **event})
        return http_client.ok_json(response)["customerId"]

    return send


@pytest.fixture
def erase_and_suppress(erase):
    """Erases a Customer and suppresses its identifiers."""
    return lambda customer: erase(customer, suppress="true")


@pytest.fixture
def end_hold(cypher):
    """Has the time pass for which events of an erasure may still arrive."""
    passed = "MATCH (e:Erasure {id: $id}) SET e.heldUntil = datetime() - duration('PT1S')"
    return lambda erasure: cypher(passed, id=erasure["erasureId"])


@pytest.fixture
def end(end_hold, erase):
    """Has that time pass, and finishes the erasure."""

    def run(erasure):
        end_hold(erasure)
        return erase(erasure["customers"][0])

    return run


def test_a_person_who_returned_through_another_process_is_erased(
    ingest, erase_and_suppress, send_behind, end, traces, email, unique
):
    erasure = erase_and_suppress(ingest(email=email("jane"))["customerId"])
    returned = send_behind(email=email("jane"), externalId=unique)

    end(erasure)

    erasures = [node for label, node in traces(returned) if label == "Erasure"]
    assert [node["customers"] for node in erasures] == [[returned]]
    assert traces(email("jane"), unique) == []


def test_the_erasure_is_not_finished_while_such_events_can_arrive(
    ingest, erase_and_suppress, erase, email
):
    customer = ingest(email=email("jane"))["customerId"]

    erasures = [erase_and_suppress(customer), erase(customer, suppress="true")]

    assert [erasure.get("finishedAt") for erasure in erasures] == [None] * 2


def test_the_graph_forgets_the_identifiers_at_the_end(
    ingest, erase_and_suppress, end, traces, email, cypher
):
    erasure = erase_and_suppress(ingest(email=email("jane"))["customerId"])

    assert "finishedAt" in end(erasure)

    assert traces(email("jane")) == []
    links = "MATCH (:Erasure {id: $id})-[suppressed:SUPPRESSED]->() RETURN suppressed"
    assert cypher(links, id=erasure["erasureId"]) == []


def test_an_older_customer_stays_without_the_identifier(
    ingest, erase_and_suppress, send_behind, end, identifier, cypher, email, phone
):
    joe = ingest(email=email("joe"))["customerId"]
    cypher("MATCH (c:Customer {id: $id}) SET c.createdAt = c.createdAt - duration('PT1H')", id=joe)
    erasure = erase_and_suppress(ingest(phone=phone)["customerId"])
    send_behind(email=email("joe"), phone=phone)

    end(erasure)

    assert identifier(phone) == []
    assert [owner for _, owner, _ in identifier(email("joe"))] == [joe]
    events = cypher("MATCH (t:Touchpoint {customerId: $id}) RETURN t.identifiers AS all", id=joe)
    assert [row["all"] for row in events] == [[f"email:{email('joe')}"]] * 2


def test_a_person_whose_suppression_ended_meanwhile_stays(
    ingest, erase_and_suppress, caller, end, identifier, email
):
    erasure = erase_and_suppress(ingest(email=email("jane"))["customerId"])
    body = {"identifiers": [f"email:{email('jane')}"], "reason": "consent"}
    http_client.ok_json(caller.post("/v1/suppressions/remove", json=body))
    returned = ingest(email=email("jane"))["customerId"]

    end(erasure)

    assert [owner for _, owner, _ in identifier(email("jane"))] == [returned]


def test_an_identifier_that_is_attached_during_the_erasure_is_suppressed(
    ingest, erase_and_suppress, client, held, blocked, email, unique
):
    """Of a Customer with many Touchpoints: of one with few, the database rolls the event back."""
    events = [{"event": "x", "email": email("jane")}] * 100
    customer = ingest(events)["results"][0]["customerId"]
    held.run(
        """
        MATCH (c:Customer {id: $id})
        CREATE (:Identifier {kind: 'externalId', value: $unique, weight: 0.8})
          -[:IDENTIFIES {since: datetime()}]->(c)
        """,
        id=customer,
        unique=unique,
    ).consume()
    with ThreadPoolExecutor(1) as pool:
        erasure = pool.submit(erase_and_suppress, customer)
        blocked(customer)
        held.commit()
        erasure.result()

    response = client.post("/v1/events", json={"event": "x", "externalId": unique})
    assert response.json().get("error", {}).get("code") == "suppressed"


@pytest.fixture
def own(graph):
    """Erasures of the test's own."""
    suppressions = SuppressionService(graph, SuppressionSecretFile(SUPPRESSION_SECRET_FILE))
    return ErasureService(graph, SplitService(graph, MergeService(graph)), suppressions)


@pytest.mark.anyio
async def test_an_identifier_that_the_suppression_lacks_is_suppressed_before_its_deletion(
    own, ingest, client, cypher, email, unique
):
    customer = ingest(email=email("jane"))["customerId"]
    await own.begin(ErasureQuery(customer, suppress=True), "key_test")
    cypher(
        """
        MATCH (leftover:Leftover {id: $id})
        CREATE (:Identifier {kind: 'externalId', value: $unique, weight: 0.8})
          -[:IDENTIFIES {since: datetime()}]->(leftover)
        """,
        id=customer,
        unique=unique,
    )

    finished = await own.finish(customer)

    assert (finished.identifiers, finished.finished_at) == (2, None)
    event = {"event": "x", "externalId": unique}

    def is_rejected():
        return client.post("/v1/events", json=event).status_code == 422

    await asyncio.to_thread(wait_for, is_rejected, 15)


@pytest.mark.anyio
async def test_another_process_ends_the_erasure_of_one_that_was_killed(
    own, ingest, send_behind, end_hold, cypher, traces, email
):
    customer = ingest(email=email("jane"))["customerId"]
    begun = await own.begin(ErasureQuery(customer, suppress=True), "key_test")
    send_behind(email=email("jane"))
    end_hold({"erasureId": begun.erasure_id})
    long_ago = "MATCH (e:Erasure {id: $id}) SET e.progressAt = datetime() - duration('PT1H')"
    cypher(long_ago, id=begun.erasure_id)
    watching = asyncio.create_task(own.watch(0.01))

    finished = "MATCH (e:Erasure {id: $id}) RETURN e.finishedAt"
    await asyncio.to_thread(wait_for, lambda: cypher(finished, id=begun.erasure_id)[0][0])

    watching.cancel()
    await asyncio.gather(watching, return_exceptions=True)
    assert traces(email("jane")) == []


@pytest.mark.anyio
async def test_an_erasure_that_only_waits_is_not_resumed(own, graph, ingest, cypher, email):
    customer = ingest(email=email("jane"))["customerId"]
    begun = await own.erase(ErasureQuery(customer, suppress=True), "key_test")
    long_ago = "MATCH (e:Erasure {id: $id}) SET e.progressAt = datetime() - duration('PT1H')"
    cypher(long_ago, id=begun.erasure_id)

    rows = await graph.read("erasures_unfinished", idle=30)

    assert [row["isIdle"] for row in rows if row["customer"] == customer] == [False]
