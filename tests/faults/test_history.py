"""The history checker itself: it finds what is planted, and nothing where nothing is."""

import pytest

from tests.support.faults.history import History
from tests.support.faults.ledger import Ledger
from tests.support.faults.senders import Senders

pytestmark = pytest.mark.anyio

ONE = "MATCH (customer)-[has:HAS_TOUCHPOINT]->(touchpoint:Touchpoint {run: $run}) WITH * LIMIT 1 "
NEW = "MATCH (touchpoint:Touchpoint {run: $run, resolvedBy: 'new'}) WITH * LIMIT 1 "
MOVED = (
    NEW + "MATCH (identifier)-[identifies:IDENTIFIES]->(:Customer {id: touchpoint.customerId}) "
    "WHERE identifier.kind + ':' + identifier.value IN touchpoint.identifiers WITH * LIMIT 1 "
    "DELETE identifies CREATE (identifier)-[:IDENTIFIES]->(:Customer {id: 'cus_2'})"
)

PLANTED = [
    (ONE + "DETACH DELETE touchpoint", "missing"),
    (
        ONE + "CREATE (customer)-[:HAS_TOUCHPOINT]->(twin:Touchpoint {id: touchpoint.id + '2'}) "
        "SET twin += touchpoint {.*, id: twin.id}",
        "duplicates",
    ),
    (ONE + "SET touchpoint.mark = 'never sent'", "invented"),
    (ONE + "SET touchpoint.event = 'never sent'", "altered"),
    (ONE + "SET touchpoint.properties = '{}'", "altered"),
    (ONE + "DELETE has", "owned"),
    (ONE + "CREATE (:Customer {id: 'cus_2'})-[:HAS_TOUCHPOINT]->(touchpoint)", "owned"),
    (ONE + "SET touchpoint.customerId = 'cus_2'", "owned"),
    (
        ONE + "MATCH (customer)<-[:IDENTIFIES]-(identifier) WITH * LIMIT 1 "
        "CREATE (identifier)-[:IDENTIFIES]->(:Customer {id: 'cus_2'})",
        "owned",
    ),
    (ONE + "MATCH (customer)<-[identifies:IDENTIFIES]-() DELETE identifies", "half"),
    (MOVED, "identified"),
    (NEW + "SET touchpoint.resolvedBy = 'customer'", "resolved"),
    (ONE + "SET touchpoint.resolvedBy = 'nothing'", "reported"),
    (ONE + "SET touchpoint.id = touchpoint.id + '2'", "ordered"),
    ("CREATE (:Touchpoint {id: 'evt_half'})", "half"),
]


@pytest.fixture
async def ledger(address, api_key, cypher, unique):
    """The ledger of a run without faults."""
    ledger = Ledger(unique[:8])
    async with Senders([address], api_key, ledger, seed=1, count=4, pause=0.01) as senders:
        await senders.acknowledged(80)
    yield ledger
    cypher(
        """
        MATCH (planted:Customer|Touchpoint)
        WHERE planted.id IN ['cus_2', 'evt_half'] OR planted.createdAt.epochSeconds >= $began
          OR planted.run = $run
        DETACH DELETE planted
        """,
        run=ledger.run,
        began=int(ledger.began),
    )


@pytest.fixture
def kinds(ledger, cypher):
    """The kinds of violations that there are."""
    return lambda: {violation.kind for violation in History(ledger, cypher).violations()}


async def test_nothing_is_found_where_nothing_went_wrong(kinds, ledger):
    assert (kinds(), ledger.faults) == (set(), [])


@pytest.mark.parametrize(("plant", "kind"), PLANTED)
async def test_a_planted_violation_is_found(kinds, ledger, cypher, plant, kind):
    cypher(plant, run=ledger.run)

    assert kind in kinds()


async def test_a_response_that_differs_from_an_earlier_one_is_found(kinds, ledger):
    message, results = next(entry for entry in ledger.acknowledged if entry[0].is_repeatable)
    ledger.acknowledge(message, [{**results[0], "resolved": "phone!"}, *results[1:]])

    assert kinds() == {"replayed"}


async def test_results_in_another_order_are_found(kinds, ledger):
    message, results = next(entry for entry in ledger.acknowledged if len(entry[1]) > 1)
    ledger.acknowledge(message, results[::-1])

    assert "ordered" in kinds()


async def test_half_of_a_request_that_was_given_up_is_found(kinds, ledger, cypher):
    message, _ = next(entry for entry in ledger.acknowledged if len(entry[1]) > 1)
    ledger.give_up(message)
    assert kinds() == set()

    cypher(
        "MATCH (touchpoint:Touchpoint {run: $run, mark: $mark}) DETACH DELETE touchpoint",
        run=ledger.run,
        mark=message.events[0].mark,
    )

    assert "torn" in kinds()


async def test_a_request_that_never_left_whole_is_found(kinds, ledger):
    ledger.withhold(ledger.acknowledged[0][0])

    assert kinds() == {"invented"}


async def test_a_shared_identifier_promises_no_customer(kinds, ledger, cypher):
    cypher(MOVED, run=ledger.run)
    cypher(
        "MATCH (touchpoint:Touchpoint {run: $run}) SET touchpoint.shared = touchpoint.identifiers",
        run=ledger.run,
    )

    assert "identified" not in kinds()
