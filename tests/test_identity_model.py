"""Random events, merges, undos, splits, dismissals and erasures, on the graph and on a model."""

import uuid
from dataclasses import dataclass, field

import pytest
from httpx2 import Client
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from app import keys
from tests import calling

KINDS = ("email", "phone", "externalId")
KEYS = st.dictionaries(st.sampled_from(KINDS), st.integers(0, 3), min_size=1)


@dataclass
class People:
    """The rules in plain Python: whose each key is by itself, and who was merged into whom."""

    homes: dict[tuple[str, int], str] = field(default_factory=dict)
    into: dict[str, str] = field(default_factory=dict)
    merges: dict[str, str] = field(default_factory=dict)  # who was merged, by the merge's id
    events: dict[str, list[str]] = field(default_factory=dict)  # the events of each by itself
    doubts: dict[tuple[str, str], None] = field(default_factory=dict)  # whose keys came together
    dismissed: set[tuple[str, str]] = field(default_factory=set)
    erased: dict[str, str] = field(default_factory=dict)  # by which erasure, each who is
    free: set[tuple[str, int]] = field(default_factory=set)  # the keys that were erased last

    def survivor(self, customer):
        while customer in self.into:
            customer = self.into[customer]
        return customer

    def decide(self, sent):
        """The home of the key that decides, and its kind; None and `new` where none is owned."""
        for kind in KINDS:
            if kind in sent and (kind, sent[kind]) in self.homes:
                return self.homes[kind, sent[kind]], kind
        return None, "new"

    def attach(self, sent, customer, event):
        for key in sent.items():
            other = self.survivor(self.homes.setdefault(key, customer))
            if other != self.survivor(customer):
                self.doubts[min(customer, other), max(customer, other)] = None
        self.events.setdefault(customer, []).append(event)

    def erase(self, customer):
        """Who is erased with a Customer, and how many keys and events go with them."""
        gone = self.members(customer)
        keys = [key for key, home in self.homes.items() if home in gone]
        events = sum(len(self.events.pop(each)) for each in gone)
        self.free = set(keys)
        for key in keys:
            del self.homes[key]
        self.into = {each: into for each, into in self.into.items() if each not in gone}
        self.merges = {merge: each for merge, each in self.merges.items() if each not in gone}
        self.doubts = {pair: None for pair in self.doubts if gone.isdisjoint(pair)}
        self.dismissed = {pair for pair in self.dismissed if gone.isdisjoint(pair)}
        return gone, len(keys), events

    def members(self, customer):
        root = self.survivor(customer)
        return {each for each in self.events if self.survivor(each) == root}


class IdentityMachine(RuleBasedStateMachine):
    """Drives the service and the model, and compares them after every step."""

    client: Client

    def __init__(self):
        super().__init__()
        self.unique = uuid.uuid4().hex[:10]
        self.model = People()

    def post(self, path, body=None):
        return self.client.post(path, json=body)

    def sent(self, chosen):
        forms = {
            "email": "{}{}@x.com",
            "phone": f"+4917{int(self.unique, 16) % 10**8:08}" + "{1}",
            "externalId": "{}{}",
        }
        return {kind: forms[kind].format(self.unique, n) for kind, n in chosen.items()}

    def pick(self, data):
        return self.draw(data, self.model.events)

    def draw(self, data, known):
        """One of those that are known, by its place: ids are others each time."""
        return list(known)[data.draw(st.integers(0, len(known) - 1))]

    @rule(chosen=KEYS)
    def ingest(self, chosen):
        result = self.post("/v1/events", {"event": "x", **self.sent(chosen)}).json()
        home, resolved = self.model.decide(chosen)
        assert result["resolved"] == resolved
        if home is None:
            home = result["customerId"]
            assert home not in self.model.events
        assert result["customerId"] == self.model.survivor(home)
        self.model.attach(chosen, home, result["eventId"])

    @precondition(lambda self: self.model.events)
    @rule(data=st.data(), chosen=KEYS)
    def ingest_for_a_named_customer(self, data, chosen):
        customer = self.pick(data)
        body = {"event": "x", "customer": customer, **self.sent(chosen)}
        result = self.post("/v1/events", body).json()
        assert (result["customerId"], result["resolved"]) == (
            self.model.survivor(customer),
            "customer",
        )
        self.model.attach(chosen, customer, result["eventId"])

    @precondition(lambda self: len(self.model.events) > 1)
    @rule(data=st.data())
    def merge(self, data):
        into, merged = self.pick(data), self.pick(data)
        response = self.post(f"/v1/customers/{into}/merge", {"from": merged, "reason": "x"})
        roots = self.model.survivor(into), self.model.survivor(merged)
        if into == merged:
            assert response.status_code == 400
        elif roots[0] == roots[1]:
            assert response.json()["error"]["code"] == "merge_conflict"
        else:
            assert response.json()["customerId"] == roots[0]
            self.model.into[roots[1]] = roots[0]
            self.model.merges[response.json()["mergeId"]] = roots[1]

    @precondition(lambda self: self.model.merges)
    @rule(data=st.data())
    def undo(self, data):
        merge = self.draw(data, self.model.merges)
        assert self.post(f"/v1/merges/{merge}/undo").status_code == 200
        assert self.post(f"/v1/merges/{merge}/undo").status_code == 409
        del self.model.into[self.model.merges.pop(merge)]

    @precondition(lambda self: self.model.doubts)
    @rule(data=st.data())
    def dismiss(self, data):
        pair = self.draw(data, self.model.doubts)
        path = f"/v1/identity/conflicts/{'~'.join(pair)}/dismiss"
        response = self.post(path, {"reason": "x"})
        one, other = map(self.model.survivor, pair)
        assert response.status_code == (
            200 if one != other or pair in self.model.dismissed else 404
        )
        if response.status_code == 200:
            self.model.dismissed.add(pair)

    @precondition(lambda self: self.model.events)
    @rule(data=st.data())
    def erase(self, data):
        customer = self.pick(data)
        survivor = self.model.survivor(customer)
        gone, identifiers, touchpoints = self.model.erase(customer)
        told = self.client.delete(f"/v1/customers/{customer}").json()
        assert told["customers"] == [survivor, *sorted(gone - {survivor})]
        assert (told["identifiers"], told["touchpoints"]) == (identifiers, touchpoints)
        assert told["finishedAt"]
        for each in gone:
            self.model.erased[each] = told["erasureId"]

    @precondition(lambda self: self.model.erased)
    @rule(data=st.data(), chosen=KEYS)
    def meet_who_is_erased(self, data, chosen):
        customer = self.draw(data, self.model.erased)
        body = {"event": "x", "customer": customer, **self.sent(chosen)}
        assert self.post("/v1/events", body).status_code == 400
        assert self.post("/v1/context", {"customer": customer}).status_code == 404
        told = self.client.delete(f"/v1/customers/{customer}").json()
        assert told["erasureId"] == self.model.erased[customer]

    @precondition(lambda self: self.model.events)
    @rule(data=st.data())
    def split(self, data):
        customer = self.pick(data)
        response = self.post(f"/v1/customers/{customer}/split", {"reason": "x"})
        if response.status_code != 200:
            assert response.json()["error"]["code"] == "nothing_to_split"
            return
        for part in response.json()["parts"]:
            names = set(part["identifiers"])
            for key, home in self.model.homes.items():
                (name,) = [f"{k}:{v}" for k, v in self.sent(dict([key])).items()]
                if home == customer and name in names:
                    self.model.homes[key] = part["customerId"]
            self.model.events[part["customerId"]] = []
        self._regroup(customer, response.json()["parts"])

    def _regroup(self, customer, parts):
        rows = self.client.get(f"/v1/customers/{customer}/timeline?limit=200").json()
        carried = {each["eventId"]: set(each["identifiers"]) for each in rows["touchpoints"]}
        for part in parts:
            page = self.client.get(f"/v1/customers/{part['customerId']}/timeline?limit=200").json()
            own = set(part["identifiers"])
            assert all(own & set(each["identifiers"]) for each in page["touchpoints"])
            moved = [each["eventId"] for each in page["touchpoints"]]
            assert not carried.keys() & set(moved)
            self.model.events[part["customerId"]] = moved
            self.model.events[customer] = [
                each for each in self.model.events[customer] if each not in moved
            ]

    @invariant()
    def every_key_is_known_as_its_survivor(self):
        for key, home in self.model.homes.items():
            context = self.post("/v1/context", {**self.sent(dict([key])), "limit": 0})
            assert context.json()["customerId"] == self.model.survivor(home)

    @invariant()
    def a_key_that_was_erased_finds_nobody(self):
        for key in self.model.free - self.model.homes.keys():
            context = self.post("/v1/context", {**self.sent(dict([key])), "limit": 0})
            assert context.status_code == 404

    @invariant()
    def nobody_may_be_the_same_as_who_was_dismissed(self):
        for pair in self.model.dismissed:
            one, other = map(self.model.survivor, pair)
            context = self.post("/v1/context", {"customer": one, "limit": 0}).json()
            assert other not in [each["customerId"] for each in context["possibleSamePeople"]]

    @invariant()
    def every_timeline_is_that_of_all_who_are_one(self):
        for customer in self.model.events:
            page = self.client.get(f"/v1/customers/{customer}/timeline?limit=200").json()
            expected = [
                event for each in self.model.members(customer) for event in self.model.events[each]
            ]
            assert page["customerId"] == self.model.survivor(customer)
            assert sorted(each["eventId"] for each in page["touchpoints"]) == sorted(expected)


@pytest.fixture
def machine(address, make_key):
    key = make_key(keys.EVENTS_WRITE, keys.CONTEXT_READ, keys.IDENTITY_WRITE, keys.CUSTOMERS_DELETE)
    with calling.Client(base_url=address, headers={"X-API-Key": key}, timeout=30) as client:
        yield type("Machine", (IdentityMachine,), {"client": client})


def test_answers_owners_and_timelines_agree_with_the_model(machine):
    machine.TestCase.settings = settings(
        max_examples=25,
        stateful_step_count=25,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
    )
    machine.TestCase().runTest()
