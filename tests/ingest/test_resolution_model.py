"""Random batches through the service and through a plain model of the rules: the same graph."""

import uuid

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.phones import phone_number
from tests.support.resolution_model import ANONYMOUS, KINDS, Model

FIELDS = {
    "email": st.integers(0, 4),
    "phone": st.integers(0, 4),
    "externalId": st.integers(0, 4),
    "customer": st.integers(0, 6),
    "idempotencyKey": st.integers(0, 5),
}
IDENTITY = {*KINDS, "customer"}
EVENT = st.fixed_dictionaries({}, optional=FIELDS).filter(lambda event: event.keys() & IDENTITY)
TRACKED_EVENT = st.fixed_dictionaries({}, optional=FIELDS | {ANONYMOUS: st.integers(0, 3)}).filter(
    lambda event: event.keys() & {*IDENTITY, ANONYMOUS}
)

FORMS = {
    "email": "{}{}@x.com",
    "externalId": "{}{}",
    "anonymousId": "{}{}",
    "idempotencyKey": "{}{}",
}
SETTINGS = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@SETTINGS
@given(batches=st.lists(st.lists(EVENT, min_size=1, max_size=12), min_size=1, max_size=5))
def test_the_graph_agrees_with_the_model(ingest, cypher, batches):
    _compare(lambda events: ingest(events)["results"], cypher, batches)


@SETTINGS
@given(batches=st.lists(st.lists(TRACKED_EVENT, min_size=1, max_size=12), min_size=1, max_size=5))
def test_the_graph_of_tracking_sdks_agrees_with_the_model(track, cypher, batches):
    _compare(track, cypher, batches)


def _compare(send, cypher, batches):
    unique = uuid.uuid4().hex[:12]
    model = Model()
    customers = {}  # the number in the model of each id in the graph
    for number, batch in enumerate(batches):
        known = {person: customer for customer, person in customers.items()}
        events = [possible for event in batch if (possible := _possible(event, known, model))]
        if not events:
            continue
        results = send([_sent(unique, event, known) for event in events])
        for position, (event, result) in enumerate(zip(events, results, strict=True)):
            keys = {kind: event[kind] for kind in (*KINDS, ANONYMOUS) if kind in event}
            identity = _identity(event) or (number, position)
            expected, resolved = model.ingest(identity, event.get("customer"), **keys)
            assert customers.setdefault(result["customerId"], expected) == expected
            assert result["resolved"] == resolved
    assert _facts(cypher, unique, customers) == _expected(model)


def _possible(event, known, model):
    """The event without a Customer that does not exist yet; None if no identifier is left.

    An anonymous Customer is not named: that it is identified then, and an event with its
    anonymous ID, share no identifier, and so have no order.
    """
    customer = event.get("customer")
    if customer not in known or model.is_anonymous(model.survivor(customer)):
        event = {name: value for name, value in event.items() if name != "customer"}
    return event if event.keys() & {*IDENTITY, ANONYMOUS} else None


def _identity(event):
    """An idempotency key is used for one payload only."""
    if "idempotencyKey" not in event:
        return None
    return tuple(sorted(event.items()))


def _sent(unique, event, known):
    sent = {"event": "x"}
    for name, value in event.items():
        if name == "customer":
            sent[name] = known[value]
        elif name == "phone":
            sent[name] = phone_number(unique, value)
        else:
            sent[name] = FORMS[name].format(unique, value)
    if identity := _identity(event):
        sent["idempotencyKey"] = f"{unique}{identity}"
    return sent


def _facts(cypher, unique, customers):
    rows = cypher(
        """
        MATCH (customer:Customer) WHERE customer.id IN $ids
        RETURN
          customer.id AS id,
          [(i:Identifier)-[owned:IDENTIFIES]->(customer) |
            [i.kind, i.value, coalesce(owned.home, customer.id)]] AS identifiers,
          [(customer)-[:MERGED_INTO]->(other) | other.id] AS merges,
          [(customer)-[:HAS_TOUCHPOINT]->(t) | [t.resolvedBy, t.customerId]] AS touchpoints,
          [(customer)-[m:MAY_BE_SAME_AS]->(other) | [other.id, m.kind, m.count]] AS conflicts
        """,
        ids=list(customers),
    )
    owners, conflicts, merges, touchpoints = set(), set(), set(), []
    for row in rows:
        number = customers[row["id"]]
        owners |= {
            (kind, int(value.partition("@")[0][-1]), customers[home])
            for kind, value, home in row["identifiers"]
        }
        merges |= {(number, customers[into]) for into in row["merges"]}
        conflicts |= {
            (frozenset({number, customers[o]}), kind, n) for o, kind, n in row["conflicts"]
        }
        touchpoints += [(customers[owner], resolved) for resolved, owner in row["touchpoints"]]
    return owners, conflicts, merges, sorted(touchpoints)


def _expected(model):
    owners = {(*key, customer) for key, customer in model.owners.items()}
    conflicts = {(pair, kind, count) for (pair, kind), count in model.conflicts.items()}
    return owners, conflicts, set(model.into.items()), sorted(model.touchpoints.values())
