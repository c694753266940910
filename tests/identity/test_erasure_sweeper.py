"""The work of an erasure: in bounded transactions, interrupted, shared, or after its response."""

import asyncio

import httpx2
import pytest
from starlette.applications import Starlette

from app.access import api_keys
from app.access.authenticator import Authenticator
from app.access.guard import Guard
from app.access.rate_limiter import RateLimiter
from app.customers.context import ContextReader
from app.customers.timeline import TimelineReader
from app.http import routing
from app.http.api.customers import CustomerRoutes
from app.identity.erasure import ErasureLimits, ErasureService
from app.identity.erasure_query import ErasureQuery
from app.identity.merges import MergeService
from app.identity.splits import SplitService
from app.identity.suppression_secret_file import SuppressionSecretFile
from app.identity.suppressions import SuppressionService
from app.settings import Settings
from tests.support import http_client
from tests.support.server import wait_for

pytestmark = pytest.mark.anyio
pytest_plugins = ["tests.support.reviewing", "tests.support.erasing"]

# Finds data that must not remain after an erasure.
ORPHANS = """
CALL () {
  MATCH (node:Touchpoint) WHERE NOT EXISTS { (node)<-[:HAS_TOUCHPOINT]-(:Customer) } RETURN node
  UNION ALL
  MATCH (node:Identifier) WHERE NOT EXISTS { (node)-[:IDENTIFIES]->(:Customer) } RETURN node
  UNION ALL
  MATCH (node:Leftover) RETURN node
}
WITH node
WHERE any(value IN [node.customerId, node.value, node.id] + coalesce(node.identifiers, [])
  WHERE value CONTAINS $word OR value IN $ids)
RETURN labels(node) AS labels, properties(node) AS properties
"""


def build(graph, **options):
    """Erasures that suppress nothing."""
    suppressions = SuppressionService(graph, SuppressionSecretFile(None))
    return ErasureService(graph, SplitService(graph, MergeService(graph)), suppressions, **options)


@pytest.fixture
def own(graph):
    """Erasures of the test's own, in transactions of two."""
    return build(graph, limits=ErasureLimits(batch=2))


async def erased_by(erasures, customer, reason=None):
    begun = await erasures.begin(ErasureQuery(customer, reason), "key_test")
    return await erasures.finish(begun.customers[0])


async def test_the_processes_forget_the_customer_at_the_begin_and_at_the_end(
    graph, ingest, email, unique
):
    customer = ingest(email=email("jane"), externalId=unique)["customerId"]
    forgotten = []

    async def forget(customers, names):
        forgotten.append((customers, sorted(names)))

    await erased_by(build(graph, forget=forget), customer)

    names = sorted([f"email:{email('jane')}", f"externalId:{unique}"])
    assert forgotten == [([customer], names)] * 2


@pytest.fixture
def rich(ingest, email, phone, unique):
    """A Customer with more data of every kind than two transactions delete."""
    events = [
        {"event": "x", "email": email("jane"), "externalId": f"{n}-{unique}"} for n in range(7)
    ]
    customer = ingest(events)["results"][0]["customerId"]
    for n in range(5):
        ingest(email=email(f"p{n}"), phone=f"{phone[:-1]}{n}")
        ingest(email=email("jane"), phone=f"{phone[:-1]}{n}")
        ingest(email=email(f"p{n}"), externalId=f"{n}-{unique}")
    return customer


async def test_every_event_of_other_customers_is_searched(own, ingest, person, email, unique):
    jane = ingest(email=email("jane"), externalId=unique)["customerId"]
    person("joe")
    events = [{"event": "x", "email": email("joe"), "externalId": unique}] * 2
    same = {"timestamp": "2026-04-29T10:14:32Z"}
    ingest([*events, *({**event, **same} for event in events * 3), *events])

    erased = await erased_by(own, jane)

    assert erased.redacted == 10


async def test_bounded_transactions_come_to_the_same(own, rich, traces, cypher, unique, email):
    erased = await erased_by(own, rich)

    assert (erased.identifiers, erased.touchpoints, erased.redacted) == (8, 12, 5)
    assert traces(f"-{unique}", email("jane")) == []
    assert cypher(ORPHANS, word=unique, ids=[rich]) == []


class Interrupted(Exception):
    """The error of an interruption."""


@pytest.fixture
def interrupted(graph):
    """Erasures that end after so many of their transactions, as if killed."""

    def after(count):
        left = count

        class Cut(type(graph)):
            async def write(self, name, /, **parameters):
                nonlocal left
                if left == 0:
                    raise Interrupted
                left -= 1
                return await graph.write(name, **parameters)

        cut = Cut.__new__(Cut)
        cut.__dict__ = graph.__dict__
        return build(cut, limits=ErasureLimits(batch=2))

    return after


@pytest.mark.parametrize("count", [0, 1, 2, 4, 7, 10, 14, 18, 20])
async def test_wherever_it_is_interrupted_the_next_call_finishes_it(
    interrupted, erase, caller, rich, cypher, traces, unique, email, count
):
    with pytest.raises(Interrupted):
        await erased_by(interrupted(count), rich, "first")
    if count:
        status = caller.post("/v1/context", json={"email": email("jane")}).status_code
        assert status == 404

    erasure = erase(rich, reason="second")

    assert erasure.get("reason") == ("first" if count else "second")
    assert (erasure["identifiers"], erasure["touchpoints"], erasure["redacted"]) == (8, 12, 5)
    assert traces(f"-{unique}", email("jane")) == []
    assert cypher(ORPHANS, word=unique, ids=[rich]) == []


async def test_leftovers_of_an_erasure_are_in_no_response(interrupted, caller, erase, rich, email):
    (event,) = caller.get(f"/v1/customers/{rich}/timeline?limit=1").json()["touchpoints"]

    with pytest.raises(Interrupted):
        await erased_by(interrupted(1), rich)

    response = caller.get(f"/v1/events/{event['eventId']}")
    assert (response.status_code, response.json()["error"]["code"]) == (404, "unknown_event")
    assert rich not in caller.get("/v1/identity/conflicts", params={"limit": 100}).text
    others = caller.post("/v1/context", json={"email": email("p0")}).json()
    assert others["possibleSamePeople"] == []
    erase(rich)  # else the service of some other test does


async def test_two_processes_finish_one_erasure_once(graph, own, rich, cypher, unique):
    await own.begin(ErasureQuery(rich), "key_test")

    both = await asyncio.gather(*(own.finish(rich) for _ in range(4)))

    assert {(erasure.identifiers, erasure.touchpoints, erasure.redacted) for erasure in both} == {
        (8, 12, 5)
    }
    assert cypher(ORPHANS, word=unique, ids=[rich]) == []


async def test_an_interrupted_erasure_is_finished_by_the_service(graph, own, rich, cypher):
    begun = await own.begin(ErasureQuery(rich), "key_test")
    long_ago = "MATCH (e:Erasure {id: $id}) SET e.progressAt = datetime() - duration('PT1H')"
    cypher(long_ago, id=begun.erasure_id)
    watching = asyncio.create_task(own.watch(0.01))

    await asyncio.to_thread(
        wait_for,
        lambda: cypher("MATCH (e:Erasure {id: $id}) RETURN e.finishedAt", id=begun.erasure_id)[0][
            0
        ],
    )

    watching.cancel()
    await asyncio.gather(watching, return_exceptions=True)
    assert (await own.find(rich)).touchpoints == 12


@pytest.fixture
async def hurried(graph, make_key):
    """Calls the route of a service that has no patience, and deletes one by one."""
    guard = Guard(Authenticator(graph), RateLimiter(1000))
    patient = build(graph, limits=ErasureLimits(1, 0))
    contexts = ContextReader(graph, lambda _: None, Settings().blocklist)
    customers = CustomerRoutes(contexts, TimelineReader(graph), patient)
    transport = httpx2.ASGITransport(Starlette(routes=routing.routes([customers], guard)))
    headers = {"X-API-Key": await asyncio.to_thread(make_key, api_keys.CUSTOMERS_DELETE)}
    async with http_client.AsyncClient(
        transport=transport, base_url="http://test", headers=headers
    ) as client:
        yield client


async def test_a_long_erasure_is_202_and_continues_without_its_caller(
    hurried, caller, rich, cypher
):
    first = await hurried.delete(f"/v1/customers/{rich}")

    assert first.status_code == 202
    assert "finishedAt" not in first.json()
    assert caller.post("/v1/context", json={"customer": rich}).status_code == 404
    finished = "MATCH (e:Erasure {id: $id}) RETURN e.finishedAt"
    id_ = first.json()["erasureId"]
    await asyncio.to_thread(wait_for, lambda: cypher(finished, id=id_)[0][0])
    again = await hurried.delete(f"/v1/customers/{rich}")
    assert again.status_code == 200
    assert (again.json()["touchpoints"], again.json()["identifiers"]) == (12, 8)


async def test_an_identifier_acquired_before_its_deletion_stays_with_the_new_customer(
    own, rich, ingest, identifier, cypher, unique
):
    begun = await own.begin(ErasureQuery(rich), "key_test")
    left = cypher(
        "MATCH (:Leftover {id: $id})<-[:IDENTIFIES]-(i {kind: 'externalId'}) RETURN i.value AS v",
        id=rich,
    )
    values = [row["v"] for row in left]
    new = {value: ingest(externalId=value)["customerId"] for value in values}

    finished = await own.finish(rich)

    assert (begun.identifiers, finished.identifiers) == (2, 8)
    assert len(values) >= 5
    for value in values:
        ((kept, owner, _),) = identifier(value)
        assert owner == new[value] != rich
        assert kept.keys() == {"kind", "value", "weight"}
    assert cypher(ORPHANS, word=unique, ids=[rich]) == []
