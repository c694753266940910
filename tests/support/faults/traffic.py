"""Traffic: seeded events of people whose keys overlap, in every form in which a caller may send."""

from dataclasses import dataclass
from itertools import count

PEOPLE = 200
SIZES = (1, 2, 3, 5, 8, 20, 100)
SIZE_WEIGHTS = (6, 8, 8, 6, 4, 2, 1)
KINDS = ("email", "phone", "externalId")
REQUEST_KEY = ("request", "both")  # forms with a key in the header


@dataclass(frozen=True)
class Event:
    """An event by its mark, which no other one has, and the fields that are sent."""

    mark: str
    fields: dict

    @property
    def keys(self):
        return [(kind, self.fields[kind]) for kind in KINDS if kind in self.fields]


@dataclass(frozen=True)
class Message:
    """Events sent together, under an idempotency key or not.

    The first event may be the first ever of a newcomer, whom the last one names again.
    """

    events: list[Event]
    key: str | None = None
    is_batch: bool = True
    has_newcomer: bool = False

    @property
    def is_loose(self):
        """Whether its events may be retried in any other grouping."""
        return self.key is None and self.is_repeatable

    @property
    def is_repeatable(self):
        return bool(self.key) or all("idempotencyKey" in event.fields for event in self.events)

    @property
    def body(self):
        fields = [event.fields for event in self.events]
        return {"events": fields} if self.is_batch else fields[0]


class Traffic:
    """The messages of one sender of a run. The same seed gives the same messages."""

    def __init__(self, run, sender, rng):
        self._run = run
        self._sender = sender
        self._rng = rng
        self._numbers = count()
        self.known_customers = []

    def message(self, is_repeatable=False):
        """A new message; one in ten cannot be repeated, unless all must be."""
        rng = self._rng
        form = rng.choices(["request", "event", "both", "none"], [4, 4, 1, not is_repeatable])[0]
        size = rng.choices(SIZES, SIZE_WEIGHTS)[0]
        has_newcomer = size > 1 and form in ("request", "none") and rng.random() < 0.5
        events = [self._event(form, position) for position in range(size)]
        if has_newcomer:
            self._introduce(events)
        key = f"{self._run}-{next(self._numbers)}-{self._sender}" if form in REQUEST_KEY else None
        return Message(events, key, size > 1 or rng.random() < 0.5, has_newcomer)

    def new_people(self, first, size):
        """A batch without idempotency keys: one event of each of `size` people, from `first` on."""
        return Message([self._first_event(person) for person in range(first, first + size)])

    def regrouped(self, messages):
        """The same events in other batches, as far as their keys allow."""
        loose = [event for message in messages if message.is_loose for event in message.events]
        regrouped = [message for message in messages if not message.is_loose]
        self._rng.shuffle(loose)
        while loose:
            size = self._rng.choice(SIZES)
            regrouped.append(Message(loose[:size], None, size > 1))
            del loose[:size]
        return regrouped

    def _event(self, form, position):
        rng = self._rng
        mark = f"{self._sender}-{next(self._numbers)}"
        fields = {
            "event": rng.choice(["page_viewed", "email_opened", "call_placed"]),
            "properties": {"run": self._run, "mark": mark, "position": position},
            **self._identity(),
        }
        if rng.random() < 0.7:
            fields["timestamp"] = f"2026-04-{rng.randint(1, 30):02}T10:14:32.{rng.randint(0, 999)}Z"
        if form == "event" or (form == "both" and rng.random() < 0.5):
            fields["idempotencyKey"] = f"{self._run}/{mark}"
        return Event(mark, fields)

    def _first_event(self, person):
        mark = f"{self._sender}-{next(self._numbers)}"
        keys = _keys(self._run, person)
        fields = {
            "event": "page_viewed",
            "properties": {"run": self._run, "mark": mark, "url": "/pricing"},
            **{kind: keys[kind] for kind in self._rng.sample(KINDS, self._rng.randint(2, 3))},
        }
        return Event(mark, fields)

    def _identity(self):
        rng = self._rng
        # A few people are in many events, so that their keys race; most are rare.
        person = int(PEOPLE * rng.random() ** 2)
        keys = _keys(self._run, person)
        chosen = {kind: keys[kind] for kind in rng.sample(KINDS, rng.randint(1, 3))}
        if rng.random() < 0.1:  # two people's keys in one event
            kind = rng.choice(list(chosen))
            chosen[kind] = _keys(self._run, rng.randrange(PEOPLE))[kind]
        if self.known_customers and rng.random() < 0.05:
            chosen["customer"] = rng.choice(self.known_customers)
        return chosen

    def _introduce(self, events):
        newcomer = f"{self._run}-new-{events[0].mark}"
        for event in (events[0], events[-1]):
            for kind in (*KINDS, "customer"):
                event.fields.pop(kind, None)
            event.fields["email"] = f"{newcomer}@x.example"
        events[0].fields["externalId"] = newcomer


def _keys(run, person):
    digits = int(run, 16) % 10**7
    return {
        "email": f"{run}-{person}@x.example",
        "phone": f"+4916{digits:07}{person:04}",
        "externalId": f"{run}-{person}",
    }
