"""Random batches through the service and through a plain model of the rules: the same graph."""

import uuid

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.phones import phone_number
from tests.support.resolution_model import KINDS, Model

EVENT = st.fixed_dictionaries(
    {},
    optional={
        "email": st.integers(0, 4),
        "phone": st.integers(0, 4),
        "externalId": st.integers(0, 4),
        "customer": st.integers(0, 6),
        "idempotencyKey": st.integers(0, 5),
    },
).filter(lambda event: event.keys() & {"email", "phone", "externalId", "customer"})

FORMS = {"email": "{}{}@x.com", "externalId": "{}{}", "idempotencyKey": "{}{}"}


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(batches=st.lists(st.lists(EVENT, min_size=1, max_size=12), min_size=1, max_size=5))
def test_the_graph_agrees_with_the_model(ingest, cypher, batches):
    unique = uuid.uuid4().hex[:12]
    model = Model()
    customers = {}  # the number in the model of each id in the graph
    for number, batch in enumerate(batches):
        known = {person: customer for customer, person in customers.items()}
        events = [possible for event in batch if (possible := _possible(event, known))]
        if not events:
            continue
        results = ingest([_sent(unique, event, known) for event in events])["results"]
        for position, (event, result) in enumerate(zip(events, results, strict=True)):
            keys = {kind: event[kind] for kind in KINDS if kind in event}
            identity = _identity(event) or (number, position)
            expected, resolved = model.ingest(identity, event.get("customer"), **keys)
            assert customers.setdefault(result["customerId"], expected) == expected
            assert result["resolved"] == resolved
    assert _facts(cypher, unique, customers) == _expected(model)


def _possible(event, known):
    """The event without a Customer that does not exist yet; None if no identifier is left."""
    if "customer" in event and event["customer"] not in known:
        event = {name: value for name, value in event.items() if name != "customer"}
    return event if event.keys() & {*KINDS, "customer"} else None


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
          [(i:Identifier)-[:IDENTIFIES]->(customer) | [i.kind, i.value]] AS identifiers,
          [(customer)-[:HAS_TOUCHPOINT]->(t) | [t.resolvedBy, t.customerId]] AS touchpoints,
          [(customer)-[m:MAY_BE_SAME_AS]->(other) | [other.id, m.kind, m.count]] AS conflicts
        """,
        ids=list(customers),
    )
    owners, conflicts, touchpoints = set(), set(), []
    for row in rows:
        number = customers[row["id"]]
        owners |= {
            (kind, int(value.partition("@")[0][-1]), number) for kind, value in row["identifiers"]
        }
        conflicts |= {
            (frozenset({number, customers[o]}), kind, n) for o, kind, n in row["conflicts"]
        }
        touchpoints += [(customers[owner], resolved) for resolved, owner in row["touchpoints"]]
    return owners, conflicts, sorted(touchpoints)


def _expected(model):
    owners = {(*key, customer) for key, customer in model.owners.items()}
    conflicts = {(pair, kind, count) for (pair, kind), count in model.conflicts.items()}
    return owners, conflicts, sorted(model.touchpoints.values())
