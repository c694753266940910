"""Random events, merges, splits, moves of identifiers, undos, reviews, dismissals and erasures, on
the graph and on a model.

The responses are compared with the model as of now, and as of earlier times.
"""

import uuid

import pytest
from httpx2 import Client
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from app.access import api_keys
from app.domain import timestamps
from app.domain.identifiers import WEIGHTS
from app.domain.resolution import ResolutionLimits
from app.settings import Settings
from tests.support import http_client
from tests.support.identity_model import Identity, People
from tests.support.resolution_model import ANONYMOUS, KINDS
from tests.support.server import serving, wait_until_ready
from tests.support.tracked import tracking

# So that few steps lead there.
SHARED_AFTER = 2
LIMITS = {"email": 2, "phone": 2}
ALL_KINDS = (*KINDS, ANONYMOUS)
KEYS = st.dictionaries(st.sampled_from(ALL_KINDS), st.integers(0, 2), min_size=1)
PLACE = st.integers(0, 9)
KEY = st.tuples(st.sampled_from(ALL_KINDS), st.integers(0, 2))
ACTS = (
    *("ingest", "ingest_a_key_of_somebody_else", "merge", "split") * 2,
    *("visit", "log_in", "log_in"),
    *("ingest_for_a_named_customer", "undo", "undo_split", "mark", "dismiss", "undo_dismissal"),
    *("move", "detach", "undo_move"),
    *("erase", "meet_who_is_erased", "look_back"),
)
HISTORIES = {"default": 12, "long": 300}
SHARED = "The {} {} is a shared identifier and was not used"


class IdentityMachine(RuleBasedStateMachine):
    """Drives the service and the model, and compares them after every step.

    A step compares the Customers that it may have changed, and one other, in turn, because ids
    differ in each run. `compare_all` compares everything, as of a random time.
    """

    client: Client
    track: staticmethod

    def __init__(self):
        super().__init__()
        self.unique = uuid.uuid4().hex[:10]
        self.people = People(SHARED_AFTER, LIMITS)
        self.turn = 0
        self.touched = set()
        self.gone = []  # events that were erased

    # Calls

    def post(self, path, body=None):
        return self.client.post(path, json=body)

    def sent(self, chosen):
        forms = {
            "email": "{}{}@x.com",
            "phone": f"+4917{int(self.unique, 16) % 10**8:08}" + "{1}",
            "externalId": "{}{}",
            "anonymousId": "{}{}",
        }
        return {kind: forms[kind].format(self.unique, n) for kind, n in chosen.items()}

    def name(self, key):
        ((kind, value),) = self.sent(dict([key])).items()
        return f"{kind}:{value}"

    def pick(self, data):
        return self.draw(data, self.people.now.customers)

    def draw(self, data, known):
        """One of those that are known, by its place: ids are others each time."""
        return list(known)[data.draw(st.integers(0, len(known) - 1))]

    def in_turn(self, known):
        """One of those that are known, or none where none is."""
        return [list(known)[self.turn % len(known)]] if known else []

    # Actions

    @initialize(events=st.lists(st.tuples(KEYS, st.none() | PLACE), min_size=3, max_size=8))
    def meet_some(self, events):
        for chosen, index in events:
            known = list(self.people.now.customers)
            self._ingest(chosen, known[index % len(known)] if known and index is not None else None)

    # One rule for all actions: from several rules, hypothesis leaves most out of an example, and in
    # so few examples almost no Customer would be merged, marked, split and erased.
    @rule(data=st.data(), act=st.sampled_from(ACTS))
    def act(self, data, act):
        getattr(self, act)(data)

    def ingest(self, data):
        self._ingest(data.draw(KEYS))

    def ingest_for_a_named_customer(self, data):
        if not self.people.now.customers:
            return
        self._ingest(data.draw(KEYS), self.pick(data))

    def ingest_a_key_of_somebody_else(self, data):
        if not self.people.now.homes:
            return
        # Prefers an identifier that conflicted before, so that some become shared.
        key = self.draw(data, [*self.people.seen, *self.people.now.homes])
        one = self.people.now.members(self.people.now.homes[key])
        if others := [customer for customer in self.people.now.customers if customer not in one]:
            self._ingest(data.draw(KEYS) | dict([key]), self.draw(data, others))

    def visit(self, data):
        """The first visit on a new device, if there is one, creates an anonymous Customer."""
        new = [number for number in range(3) if (ANONYMOUS, number) not in self.people.now.homes]
        self._ingest({ANONYMOUS: self.draw(data, new or range(3))})

    def log_in(self, data):
        """The visitor of a device, if possible an anonymous one, has a key of a known person."""
        now = self.people.now
        devices = [key for key, home in now.homes.items() if now.is_anonymous(home)]
        known = [key for key in now.homes if key[0] != ANONYMOUS]
        if known:
            device = self.draw(data, devices or [(ANONYMOUS, number) for number in range(3)])
            self._ingest(dict([self.draw(data, known), device]))

    def _send(self, chosen, named):
        event = {"event": "x", "customer": named, **self.sent(chosen)}
        if ANONYMOUS in chosen:
            return self.track([event])[0]
        return self.post("/v1/events", event).json()

    def _merge_visitor(self, event, chosen, named):
        """The Customer that the event merges by rule, and the change."""
        if (merge := self.people.visitor(chosen, named)) is None:
            return None, []
        visitor, into = merge
        self.people.merge(event.replace("evt_", "mrg_"), into, visitor)
        return visitor, [("merged", visitor, into)]

    def _ingest(self, chosen, named=None):
        result = self._send(chosen, named)
        event = result["eventId"]
        visitor, changes = self._merge_visitor(event, chosen, named)
        home, resolved = self.people.decide(chosen, named)
        assert result["resolved"] == resolved
        if home is None:
            home = result["customerId"]
            assert home not in self.people.now.customers
        assert result["customerId"] == self.people.now.survivor(home)
        owners = [
            self.people.now.homes[key] for key in chosen.items() if key in self.people.now.homes
        ]
        self.people.keep(event, chosen, home, resolved, visitor)
        explanation = self.client.get(f"/v1/events/{event}").json()
        self.people.remember(explanation["receivedAt"], *changes)
        self.check_explanation(event, explanation)
        self.touched |= {home, *owners}

    def merge(self, data):
        if len(self.people.now.customers) < 2:
            return
        into = self.pick(data)
        others = [customer for customer in self.people.now.customers if customer != into]
        one = self.people.now.members(into)
        merged = self.draw(data, [other for other in others if other not in one] or others)
        path = f"/v1/customers/{into}/merge"
        self._merge(into, merged, self.post(path, {"from": merged, "reason": "x"}))

    def undo_split(self, data):
        if not self.people.splits:
            return
        split = self.draw(data, self.people.splits)
        part, whole = self.people.splits[split]
        self._merge(whole, part, self.post(f"/v1/splits/{split}/undo"))

    def _merge(self, into, merged, response):
        roots = self.people.now.survivor(into), self.people.now.survivor(merged)
        answer = response.json()
        if roots[0] == roots[1]:
            assert answer["error"]["code"] == "merge_conflict"
            return
        assert (answer["customerId"], answer["from"]) == roots
        self.people.merge(answer["mergeId"], *roots)
        self.people.remember(answer["at"], ("merged", roots[1], roots[0]))
        self.touched |= {into, merged}

    def undo(self, data):
        if not self.people.merges:
            return
        merge = self.draw(data, self.people.merges)
        response = self.post(f"/v1/merges/{merge}/undo")
        assert response.status_code == 200
        assert self.post(f"/v1/merges/{merge}/undo").status_code == 409
        merged, into = self.people.undo(merge)
        self.people.remember(response.json()["undoneAt"], ("undone", merged, into))
        self.touched |= {merged, into}

    def split(self, data):
        if not self.people.who_have_several_keys():
            return
        customer = self.draw(data, self.people.who_have_several_keys())
        own = [key for key, home in self.people.now.homes.items() if home == customer]
        shared = data.draw(st.sets(st.sampled_from(own), max_size=2))
        expected = self.people.parts(customer, shared)
        body = {"shared": list(map(self.name, shared)), "reason": "x"}
        response = self.post(f"/v1/customers/{customer}/split", body)
        if not expected:
            assert response.json()["error"]["code"] == "nothing_to_split"
            return
        answer = response.json()
        counts = [len(self.people.own_events(customer, keys)) for keys in expected]
        assert [(set(part["identifiers"]), part["touchpoints"]) for part in answer["parts"]] == [
            (set(map(self.name, keys)), count) for keys, count in zip(expected, counts, strict=True)
        ]
        parts = [part["customerId"] for part in answer["parts"]]
        splits = [part["splitId"] for part in answer["parts"]]
        self.people.split(
            customer, dict(zip(parts, zip(splits, expected, strict=True), strict=True))
        )
        self.people.shared |= shared
        self.people.remember(answer["at"], *[("split", part, customer) for part in parts])
        self.touched |= {customer, *parts}

    def move(self, data):
        now = self.people.now
        if now.homes:
            key = self._key_to_move(data)
            others = [customer for customer in now.customers if customer != now.homes[key]]
            self._move(data, key, {"to": self.draw(data, [*others, *now.customers])})

    def detach(self, data):
        if self.people.now.homes:
            self._move(data, self._key_to_move(data), {})

    def _key_to_move(self, data):
        """A key, if possible of a merged Customer."""
        now = self.people.now
        merged = [key for key, home in now.homes.items() if home in now.into]
        return self.draw(data, [*merged, *now.homes])

    def _move(self, data, key, to):
        now = self.people.now
        home, root = now.homes[key], now.survivor(now.homes[key])
        named = self.draw(data, [other for other in now.customers if now.survivor(other) == root])
        body = self.sent(dict([key])) | to
        path = f"/v1/customers/{named}/identifiers"
        response = self.post(f"{path}/move-preview", body)
        is_last = len(now.keys(home)) == 1 and now.survivor(to.get("to", "")) != root
        if to.get("to") == home:
            assert response.status_code == 400
            assert self.post(f"{path}/move", body | {"reason": "x"}).status_code == 400
            return
        self.check_preview(response.json(), key, to, is_last)
        act = "move" if to else "detach"
        moved = self.post(f"{path}/{act}", body | {"reason": "x"}).json()
        assert (moved["identifier"], moved["from"]) == (self.name(key), home)
        assert moved["to"] == to["to"] if to else moved["to"] not in now.customers
        self.people.move(moved["moveId"], key, moved["to"], is_detach=not to)
        self.people.remember(moved["at"])
        self.touched |= {home, moved["to"]}

    def check_preview(self, preview, key, to, is_last):
        assert {name: preview.get(name) for name in ("identifier", "shared", "from", "to")} == {
            "identifier": self.name(key),
            "shared": key in self.people.shared,
            "from": self.people.now.homes[key],
            "to": to.get("to"),
        }
        assert preview["touchpoints"] == self.people.carriers(key)
        assert bool(preview["warnings"]) == is_last

    def undo_move(self, data):
        moves = self.people.moves
        if not (current := [move for move in moves if not moves[move].is_undone]):
            return
        move = self.draw(data, current)
        key, owner, to = moves[move].key, moves[move].owner, moves[move].to
        response = self.post(f"/v1/identifier-moves/{move}/undo")
        if self.people.now.homes[key] != to:
            assert response.status_code == 409
            return
        undone = response.json()
        assert (undone["moveId"], undone["from"], undone["to"]) == (move, owner, to)
        is_forgotten = self.people.undo_move(move)
        assert undone.get("deleted", False) == is_forgotten
        assert self.post(f"/v1/identifier-moves/{move}/undo").content == response.content
        self.people.remember(undone["undoneAt"])
        self.touched |= {owner, to}
        if is_forgotten:
            self.touched.remove(to)
            assert self.post("/v1/context", {"customer": to}).status_code == 404

    def mark(self, data):
        shared = data.draw(st.booleans())
        marked = [key for key in self.people.now.homes if key in self.people.shared]
        key = data.draw(KEY) if shared or not marked else self.draw(data, marked)
        body = {**self.sent(dict([key])), "shared": shared, "reason": "x"}
        response = self.post("/v1/identity/shared", body)
        if key not in self.people.now.homes:
            assert response.status_code == 404
            return
        answer = response.json()
        assert (answer["identifier"], answer["shared"]) == (self.name(key), shared)
        assert answer["customers"] == [self.people.now.homes[key]]
        self.people.mark(key, shared)

    def dismiss(self, data):
        if not self.people.now.conflicts:
            return
        *pair, _ = self.draw(data, self.people.now.conflicts)
        pair = tuple(pair)
        response = self.post(f"/v1/identity/conflicts/{'~'.join(pair)}/dismiss", {"reason": "x"})
        one, other = map(self.people.now.survivor, pair)
        if one == other and pair not in self.people.now.dismissed:
            assert response.status_code == 404
        elif pair not in self.people.now.dismissed:
            self.people.now.dismissed[pair] = response.json()["id"]
            self.people.remember(response.json()["at"])
            self.touched |= {*pair}
        else:
            assert response.json()["id"] == self.people.now.dismissed[pair]

    def undo_dismissal(self, data):
        if not self.people.now.dismissed:
            return
        pair = self.draw(data, self.people.now.dismissed)
        dismissal = self.people.now.dismissed.pop(pair)
        response = self.post(f"/v1/dismissals/{dismissal}/undo")
        undone = response.json()
        assert (undone["id"], undone["kind"]) == (dismissal, "undo")
        assert sorted(undone["customers"]) == sorted(pair)
        assert self.post(f"/v1/dismissals/{dismissal}/undo").content == response.content
        self.people.remember(undone["at"])
        self.touched |= {*pair}

    def erase(self, data):
        if len(self.people.now.customers) < 3:
            return
        customer = self.pick(data)
        survivor = self.people.now.survivor(customer)
        gone, identifiers, events, redacted = self.people.erase(customer)
        erasure = self.client.delete(f"/v1/customers/{customer}").json()
        assert erasure["customers"] == [survivor, *sorted(gone - {survivor})]
        assert (erasure["identifiers"], erasure["touchpoints"]) == (identifiers, len(events))
        assert erasure["redacted"] == redacted
        assert erasure["finishedAt"]
        self.people.remember(erasure["at"])
        self.people.erased |= dict.fromkeys(erasure["customers"], erasure["erasureId"])
        self.gone += events
        self.touched -= gone

    def meet_who_is_erased(self, data):
        if not self.people.erased:
            return
        customer = self.draw(data, self.people.erased)
        chosen = {kind: n for kind, n in data.draw(KEYS).items() if kind != ANONYMOUS}
        body = {"event": "x", "customer": customer, **self.sent(chosen)}
        assert self.post("/v1/events", body).status_code == 400
        assert self.post("/v1/context", {"customer": customer}).status_code == 404
        erasure = self.client.delete(f"/v1/customers/{customer}").json()
        assert erasure["erasureId"] == self.people.erased[customer]

    # Reads

    @invariant()
    def who_was_touched_is_known_as_the_model_has_it(self):
        self.turn += 1
        now = self.people.now
        customers = {*self.touched, *self.in_turn(now.customers)}
        for root in {now.survivor(customer) for customer in customers}:
            members = sorted(now.members(root))
            named = [self.sent(dict([key])) for key in sorted(now.keys(root))]
            # A change holds at its own time.
            as_of = {"asOf": self.people.pasts[-1].at} if self.turn % 2 else {}
            for query in self.in_turn([*named, *({"customer": member} for member in members)]):
                self.check_context(now, root, query, **as_of)
            for member in self.in_turn(members):
                self.check_timeline(now, member, **as_of)
            for event in self.in_turn(now.timeline(root)):
                self.check_explanation(event, self.client.get(f"/v1/events/{event}").json())
        for customer in self.in_turn(sorted(self.touched)):
            before = {"asOf": right_before(self.people.pasts[-1].at)}
            identity = self.people.pasts[-2].identity if len(self.people.pasts) > 1 else Identity()
            self.check_context(identity, customer, {"customer": customer}, **before)
            self.check_timeline(identity, customer, **before)
        self.touched.clear()

    @precondition(lambda self: self.people.pasts)
    @invariant()
    def who_was_erased_is_known_at_no_moment(self):
        moment = {"asOf": self.people.pasts[self.turn % len(self.people.pasts)].at}
        for key in self.people.free - self.people.now.homes.keys():
            body = {**self.sent(dict([key])), "limit": 0}
            assert self.post("/v1/context", body).status_code == 404
            assert self.post("/v1/context", body | moment).status_code == 404
        for customer in self.in_turn(self.people.erased):
            path = f"/v1/customers/{customer}/timeline"
            assert self.client.get(path, params=moment).status_code == 404
        for event in self.in_turn(self.gone):
            assert self.client.get(f"/v1/events/{event}", params=moment).status_code == 404

    def look_back(self, data):
        """Compares everything as of a random time, or right before the next change."""
        index = data.draw(st.integers(0, len(self.people.pasts) - 1))
        past = self.people.pasts[index]
        as_of = {"asOf": past.at}
        if data.draw(st.booleans()):
            later = self.people.pasts[index + 1 :]
            as_of = {"asOf": right_before(later[0].at)} if later else {}
        for kind in ALL_KINDS:
            for number in range(3):
                home = past.identity.homes.get((kind, number))
                self.check_context(past.identity, home, self.sent({kind: number}), **as_of)
        for customer in self.people.now.customers:
            self.check_timeline(past.identity, customer, **as_of)
        for event in self.people.now.events:
            response = self.client.get(f"/v1/events/{event}", params=as_of)
            if self.people.records[event].past > index:
                assert response.status_code == 404
            else:
                self.check_explanation(event, response.json(), index)

    def check_context(self, identity, customer, named, **as_of):
        response = self.post("/v1/context", {**named, "limit": 200, **as_of})
        root = customer and identity.survivor(customer)
        if root not in identity.customers:
            assert response.status_code == 404
            return
        context = response.json()
        assert context["customerId"] == root
        assert {
            f"{identifier['kind']}:{identifier['value']}" for identifier in context["identifiers"]
        } == {self.name(key) for key in identity.keys(root)}
        assert ids(context) == identity.timeline(root)
        merged = {member["customerId"] for member in context.get("merged", [])}
        assert merged == identity.members(root) - {root}
        assert {
            (other["customerId"], other["kind"]): (
                other["firstSeen"],
                other.get("lastSeen"),
                other.get("count"),
            )
            for other in context["possibleSamePeople"]
        } == self.people.same_people(identity, root)

    def check_timeline(self, identity, customer, **as_of):
        path = f"/v1/customers/{customer}/timeline"
        response = self.client.get(path, params={"limit": 200, **as_of})
        root = identity.survivor(customer)
        if root not in identity.customers:
            assert response.status_code == 404
            return
        assert response.json()["customerId"] == root
        assert ids(response.json()) == identity.timeline(root)

    def check_explanation(self, event, explanation, index=-1):
        people, record = self.people, self.people.records[event]
        index %= len(people.pasts)
        own = people.now.events[event]
        assert explanation["customerId"] == own
        assert explanation["survivorId"] == people.pasts[index].identity.survivor(own)
        assert explanation["resolved"] == record.resolved
        assert explanation["createdCustomer"] == (record.resolved == "new")
        names = {self.name(key): key for key in record.outcomes}
        assert sorted(explanation["identifiers"]) == sorted(names)
        entries = {
            names[f"{entry['kind']}:{entry['value']}"]: entry for entry in explanation["keys"]
        }
        assert len(explanation["keys"]) == len(names)
        assert {key: entry["weight"] for key, entry in entries.items()} == {
            key: WEIGHTS[key[0]] for key in names.values()
        }
        expected = people.outcomes(event)
        assert {
            key: (entries[key]["outcome"], entries[key].get("customerId")) for key in expected
        } == expected
        for key, entry in entries.items():
            is_said = SHARED.format(key[0], entry["value"]) in explanation["explanation"]
            assert is_said == (record.outcomes[key] == "shared")
        # An erased identifier may belong to another Customer now, whose changes are returned.
        if not record.lost:
            changes = [
                (change["kind"], change["from"], change["into"])
                for change in explanation["changes"]
            ]
            assert sorted(changes) == sorted(people.changes(event, index))


def ids(response):
    return [touchpoint["eventId"] for touchpoint in response["touchpoints"]]


def right_before(moment):
    """The last instant before a time."""
    seconds, nanoseconds = timestamps.parse(moment)
    nanoseconds -= 1
    return timestamps.text((seconds + nanoseconds // 10**9, nanoseconds % 10**9))


@pytest.fixture(scope="module")
def address(database):
    """A service that soon takes a key for shared, or for one too many."""
    own = Settings(
        shared_after=SHARED_AFTER, email_limit=LIMITS["email"], phone_limit=LIMITS["phone"]
    )
    with serving(database, own) as address:
        wait_until_ready(address)
        yield address


@pytest.fixture(scope="module")
def track(database, address):
    limits = ResolutionLimits(**LIMITS, shared_after=SHARED_AFTER)
    with tracking(database, limits) as track:
        yield track


@pytest.fixture
def machine(address, make_key, track):
    key = make_key(
        api_keys.EVENTS_WRITE,
        api_keys.CONTEXT_READ,
        api_keys.IDENTITY_WRITE,
        api_keys.CUSTOMERS_DELETE,
    )
    with http_client.Client(base_url=address, headers={"X-API-Key": key}, timeout=30) as client:
        own = {"client": client, "track": staticmethod(track)}
        yield type("Machine", (IdentityMachine,), own)


def test_the_responses_agree_with_the_model(machine):
    machine.TestCase.settings = settings(
        max_examples=HISTORIES[settings.get_current_profile_name()],
        stateful_step_count=25,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
    )
    machine.TestCase().runTest()
