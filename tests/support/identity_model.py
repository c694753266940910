"""The rules of identity resolution in plain Python, as of now and as of every earlier time."""

import itertools
from dataclasses import dataclass, field

from tests.support.resolution_model import ANONYMOUS, KINDS

Key = tuple[str, int]
Change = tuple[str, str, str]  # the change, its Customer, and the other Customer of it


@dataclass(frozen=True)
class Conflict:
    """How often a key of one came with one of another: first and last at the pasts of a place."""

    count: int
    first: int
    last: int


@dataclass
class Identity:
    """The identities at a point in time. Items are in the order of their creation."""

    customers: dict[str, None] = field(default_factory=dict)
    homes: dict[Key, str] = field(default_factory=dict)  # whose each key is by itself
    into: dict[str, str] = field(default_factory=dict)  # who was merged, or not split off yet
    events: dict[str, str] = field(default_factory=dict)  # whose each event is by itself
    conflicts: dict[tuple[str, str, str], Conflict] = field(
        default_factory=dict
    )  # of two and a kind
    dismissed: dict[tuple[str, str], str] = field(default_factory=dict)  # by which dismissal

    def copy(self):
        return Identity(**{name: dict(value) for name, value in vars(self).items()})

    def chain(self, customer):
        """The Customer, its surviving Customer, and so on."""
        chain = [customer]
        while chain[-1] in self.into:
            chain.append(self.into[chain[-1]])
        return chain

    def survivor(self, customer):
        return self.chain(customer)[-1]

    def is_anonymous(self, customer):
        """Whether a Customer has no keys but anonymous IDs."""
        return all(kind == ANONYMOUS for kind, _ in self.keys(customer))

    def members(self, customer):
        """All who are one with a Customer."""
        root = self.survivor(customer)
        return {member for member in self.customers if self.survivor(member) == root}

    def keys(self, customer):
        root = self.survivor(customer)
        return {key for key, home in self.homes.items() if self.survivor(home) == root}

    def timeline(self, customer):
        """The events, the newest first."""
        root = self.survivor(customer)
        return [event for event, own in reversed(self.events.items()) if self.survivor(own) == root]

    def same_people(self, customer):
        """The Customers that may be the same person, and the conflicts by kind."""
        root = self.survivor(customer)
        apart = {self._other(root, pair) for pair in self.dismissed}
        others: dict[tuple[str, str], list[tuple[str, str, str]]] = {}
        for conflict in self.conflicts:
            other = self._other(root, conflict[:2])
            if other and other not in apart:
                others.setdefault((other, conflict[2]), []).append(conflict)
        return others

    def _other(self, root, pair):
        roots = [self.survivor(customer) for customer in pair]
        if root in roots and roots[0] != roots[1]:
            return roots[roots.index(root) - 1]
        return None

    def give(self, part, keys, events):
        """Moves to a part its current keys and events."""
        self.homes |= dict.fromkeys(self.homes.keys() & keys, part)
        self.events |= {event: part for event in events if event in self.events}

    def forget(self, gone, keys):
        """Leaves no trace of who was erased, and of their keys."""
        self.customers = {customer: None for customer in self.customers if customer not in gone}
        self.homes = {
            key: home for key, home in self.homes.items() if home not in gone and key not in keys
        }
        self.into = {one: into for one, into in self.into.items() if gone.isdisjoint((one, into))}
        self.events = {event: own for event, own in self.events.items() if own not in gone}
        self.conflicts = {
            pair: conflict for pair, conflict in self.conflicts.items() if gone.isdisjoint(pair)
        }
        self.dismissed = {
            pair: dismissal for pair, dismissal in self.dismissed.items() if gone.isdisjoint(pair)
        }


@dataclass
class Past:
    """A change: its time, the identities from then on, and the kind of the change."""

    at: str
    identity: Identity
    changes: list[Change]


@dataclass
class Move:
    """A move of a key: who had it, from the past of which place on, and who got it."""

    key: Key
    owner: str
    survivor: str | None  # of the owner, until that is erased
    since: int
    to: str | None  # until its undo deletes who was made by a detachment
    is_detach: bool
    is_undone: bool = False

    def customers(self):
        return {self.owner, self.survivor, self.to} - {None}


@dataclass
class EventRecord:
    """The outcome of an event when it was received; `past` is the index of that time."""

    past: int
    resolved: str
    survivor: str | None  # into whom its Customer was merged then
    outcomes: dict[Key, str]
    visitor: str | None = None  # who was merged by the event
    # Keys that were erased, but not here, or of which the owner of then was erased.
    lost: set[Key] = field(default_factory=set)


class People:
    """The expected state of the service."""

    def __init__(self, shared_after, limits):
        self.now = Identity()
        self.pasts: list[Past] = []
        self.records: dict[str, EventRecord] = {}
        self.merges: dict[str, str] = {}  # who was merged, by the merge's id
        self.splits: dict[str, tuple[str, str]] = {}  # the part and the whole, by the split's id
        self.shared: set[Key] = set()
        self.erased: dict[str, str] = {}  # by which erasure, each who is
        self.free: set[Key] = set()  # the keys that were erased last
        self.undone: set[tuple[str, str]] = set()  # who was merged into whom, until an undo
        self.moves: dict[str, Move] = {}
        self.since: dict[Key, int] = {}  # the past from which on each key is of its home
        self.reviews: set[tuple[Key, str]] = set()  # each key that was marked, and its home then
        self._shared_after = shared_after
        self._limits = limits  # the identifier limit of each kind
        self._links: list[
            tuple[str, str, bool]
        ] = []  # every merge and split, and whether it is a split
        # The Customers that a conflicting identifier was seen with, and whether they count since it
        # was unmarked.
        self.seen: dict[Key, dict[str, bool]] = {}

    # Actions

    def remember(self, at, *changes):
        """Stores the identities as of the time of the latest change."""
        self.pasts.append(Past(at, self.now.copy(), list(changes)))

    def decide(self, sent, named=None):
        """The home of the key that decides, and its kind; None and `new` where none is owned."""
        if named:
            return named, "customer"
        trusted = self._trusted(sent, named)
        full = self._full(trusted)
        for index, key in enumerate(trusted):
            heavier = [other for other in trusted[:index] if other not in self.now.homes]
            glues = any((key[0], other[0]) in full for other in heavier)
            if key in self.now.homes and not glues and not self._is_of_another(key, trusted):
                return self.now.homes[key], key[0]
        return None, "new"

    def _is_of_another(self, key, trusted):
        """Whether an anonymous ID came with other keys, and is that of an identified Customer."""
        is_alone = key[0] != ANONYMOUS or len(trusted) == 1
        return not is_alone and not self.now.is_anonymous(self.now.homes[key])

    def visitor(self, sent, named=None):
        """The anonymous Customer that an event merges, and the Customer that it is merged into."""
        trusted = [key for key in _keys(sent) if key not in self.shared]
        device = (ANONYMOUS, sent.get(ANONYMOUS))
        if device not in trusted or device not in self.now.homes:
            return None
        others = {kind: number for kind, number in trusted if kind != ANONYMOUS}
        into, _ = self.decide(others, named) if others or named else (None, "new")
        visitor = self.now.survivor(self.now.homes[device])
        if into is None or not self._may_merge(visitor, self.now.survivor(into)):
            return None
        return visitor, into

    def _may_merge(self, visitor, survivor):
        is_known = self.now.is_anonymous(visitor) and not self.now.is_anonymous(survivor)
        separated = [*self.undone, *self.now.dismissed, *self.splits.values()]
        for move in self.moves.values():
            if not move.is_undone:
                separated += itertools.combinations(move.customers(), 2)
        return is_known and not any(
            {self.now.survivor(customer) for customer in pair} == {visitor, survivor}
            for pair in separated
        )

    def keep(self, event, sent, customer, resolved, visitor=None):
        """Attaches an event and its keys to a Customer; `remember` is to follow.

        `visitor` is the Customer that the event merged.
        """
        named = customer if resolved == "customer" else None
        trusted = self._trusted(sent, named)
        full = {kind for by, kind in self._full(trusted, named) if by == resolved}
        self.now.customers[customer] = None
        survivor = self.now.survivor(customer)
        outcomes = {
            key: self._meet(key, customer, resolved, full) if key in trusted else "shared"
            for key in _keys(sent)
        }
        self.now.events[event] = customer
        merged = survivor if survivor != customer else None
        if visitor:
            outcomes[ANONYMOUS, sent[ANONYMOUS]] = "merged"
        self.records[event] = EventRecord(len(self.pasts), resolved, merged, outcomes, visitor)

    def _trusted(self, sent, named):
        keys = _keys(sent)
        unshared = [key for key in keys if key not in self.shared]
        return unshared if unshared or named else keys

    def _full(self, trusted, named=None):
        """The identifiers that may match, and the kinds at their limit for the matched Customer."""
        owners = {key[0]: self.now.homes[key] for key in trusted if key in self.now.homes}
        if named:
            owners["customer"] = named
        return {
            (by, kind)
            for by, owner in owners.items()
            for kind, limit in self._limits.items()
            if sum(key[0] == kind for key in self.now.keys(owner)) >= limit
        }

    def _meet(self, key, customer, resolved, full):
        if key not in self.now.homes:
            if key[0] in full:
                return "beyond_limit"
            self._attach(key, customer)
            return "attached"
        other = self.now.survivor(self.now.homes[key])
        if other != self.now.survivor(customer):
            self._conflict(customer, other, key[0])
            seen = self.seen.setdefault(key, {})
            seen.setdefault(customer, True)
            if sum(seen.values()) >= self._shared_after:
                self.shared.add(key)
            return "overruled"
        return "decided" if key[0] == resolved else "agreed"

    def _attach(self, key, customer):
        self.now.homes[key] = customer
        self.since[key] = len(self.pasts)

    def _conflict(self, customer, other, kind):
        pair = min(customer, other), max(customer, other), kind
        past_index = len(self.pasts)
        known = self.now.conflicts.get(pair, Conflict(0, past_index, past_index))
        self.now.conflicts[pair] = Conflict(known.count + 1, known.first, past_index)

    def mark(self, key, is_shared):
        self.reviews.add((key, self.now.homes[key]))
        if is_shared:
            self.shared.add(key)
        else:
            self.shared.discard(key)
            self.seen[key] = dict.fromkeys(self.seen.get(key, {}), False)

    def merge(self, merge, into, merged):
        self.now.into[merged] = into
        self.merges[merge] = merged
        self._links.append((merged, into, False))

    def undo(self, merge):
        """Undoes a merge, and returns the merged and the surviving Customer."""
        merged = self.merges.pop(merge)
        into = self.now.into.pop(merged)
        self.undone.add((merged, into))
        return merged, into

    def carriers(self, key):
        """How many events of a key's owner, and of all who are one with it, carry the key."""
        return sum(
            key in self.records[event].outcomes for event in self.now.timeline(self.now.homes[key])
        )

    def move(self, move, key, to, is_detach):
        """Gives a key to another Customer, whom a detachment makes; `remember` is to follow."""
        owner = self.now.homes[key]
        survivor = self.now.survivor(owner)
        self.moves[move] = Move(key, owner, survivor, self.since[key], to, is_detach)
        self.now.customers[to] = None
        self._attach(key, to)

    def undo_move(self, move):
        """Gives a key back, and returns whether nothing is left of who was made for it."""
        undone = self.moves[move]
        key, to, owner = undone.key, undone.to, undone.owner
        is_forgotten = self._has_nothing_else(undone)
        self._attach(key, owner)
        undone.is_undone = True
        if is_forgotten and to:
            self.since[key], undone.to = undone.since, None
            for identity in [self.now, *(past.identity for past in self.pasts)]:
                identity.customers.pop(to, None)
                if identity.homes.get(key) == to:
                    identity.homes[key] = owner
        return is_forgotten

    def _has_nothing_else(self, detach):
        """Whether who was made by a detachment never had anything but the key."""
        to, key = detach.to, detach.key
        linked = [*self._links, *self.now.conflicts, *self.reviews]
        return (
            detach.is_detach
            and to not in self.now.events.values()
            and not any(to in link for link in linked)
            and not any(
                to in move.customers() for move in self.moves.values() if move is not detach
            )
            and not any(
                home == to and (other != key or index < self.since[key])
                for index, past in enumerate([*self.pasts, Past("", self.now, [])])
                for other, home in past.identity.homes.items()
            )
        )

    def who_have_several_keys(self):
        homes = list(self.now.homes.values())
        return [customer for customer in self.now.customers if homes.count(customer) > 1]

    def parts(self, customer, shared):
        """The keys of each part that the events of a Customer imply, but of the one that stays."""
        own = [
            key
            for key, home in self.now.homes.items()
            if home == customer
            and key not in self.shared | shared
            and self.own_events(customer, {key})
        ]
        groups = [{key} for key in sorted(own, key=lambda key: self.since[key])]
        for event in self.own_events(customer):
            met = [group for group in groups if group & self.records[event].outcomes.keys()]
            if met:
                # In the place of the one with the oldest key.
                met[0].update(*met)
                groups = [group for group in groups if group not in met[1:]]
        return groups[1:]

    def own_events(self, customer, keys=None):
        """The events of a Customer by itself; of those, the ones that carry one of the keys."""
        return [
            event
            for event, own in self.now.events.items()
            if own == customer and (keys is None or keys & self.records[event].outcomes.keys())
        ]

    def split(self, whole, parts):
        """Makes a Customer of each part, given by its keys and the split's id; before, they were of
        the whole.
        """
        for part, (split, keys) in parts.items():
            self.splits[split] = part, whole
            moved = self.own_events(whole, keys)
            self.now.customers[part] = None
            self.now.give(part, keys, moved)
            for index, past in enumerate(self.pasts):
                # Until a key was moved to the whole, it was of another.
                then = {key for key in keys if self.since[key] <= index}
                past.identity.into[part] = whole
                past.identity.give(part, then, moved)
            self._links.append((part, whole, True))

    def erase(self, customer):
        """Who is erased with a Customer, how many keys, which events, and out of how many events
        of others they are taken.
        """
        gone = self.now.members(customer)
        keys = {key for key, home in self.now.homes.items() if home in gone}
        events = [event for event, own in self.now.events.items() if own in gone]
        formers = self._linked(gone) | self._owners(keys) - gone
        self._links = [link for link in self._links if gone.isdisjoint(link[:2])]
        for event in events:
            del self.records[event]
        self._lose_owners(gone)
        self.now.forget(gone, keys)
        redacted = self._redact(keys, formers)
        self._forget_moves(gone, keys)
        for past in self.pasts:
            past.identity.forget(gone, keys)
            past.changes = [change for change in past.changes if gone.isdisjoint(change)]
        self.merges = {merge: merged for merge, merged in self.merges.items() if merged not in gone}
        self.splits = {split: two for split, two in self.splits.items() if gone.isdisjoint(two)}
        self.undone = {pair for pair in self.undone if gone.isdisjoint(pair)}
        self.free = keys
        self.shared -= keys
        self.seen = {
            key: {other: counts for other, counts in seen.items() if other not in gone}
            for key, seen in self.seen.items()
            if key not in keys
        }
        return gone, len(keys), events, redacted

    def _owners(self, keys):
        """Who ever had one of these keys."""
        homes = [past.identity.homes for past in self.pasts]
        return {then[key] for then in homes for key in keys if key in then}

    def _lose_owners(self, gone):
        """Has the events of others lose the keys that were of who is erased, and moved since."""
        for record in self.records.values():
            homes = self.pasts[record.past].identity.homes
            record.lost |= {key for key in record.outcomes if homes.get(key) in gone}

    def _forget_moves(self, gone, keys):
        self.moves = {
            id_: move
            for id_, move in self.moves.items()
            if gone.isdisjoint((move.owner, move.to)) and move.key not in keys
        }
        for move in self.moves.values():
            move.survivor = None if move.survivor in gone else move.survivor
        # The review of a key that was moved stays with its owner.
        self.reviews = {
            (key, self.now.homes[key] if customer in gone else customer)
            for key, customer in self.reviews
            if key not in keys
        }

    def _redact(self, keys, formers):
        """Redacts the identifiers in the searched events; returns how many events."""
        seen = {customer for key in keys for customer in self.seen.get(key, ())}
        looked_through = self._with_parts(formers | seen)
        redacted = 0
        for event, own in self.now.events.items():
            record = self.records[event]
            carried = keys & record.outcomes.keys()
            if own not in looked_through:
                record.lost |= carried
                continue
            redacted += bool(carried)
            record.lost -= carried
            for key in carried:
                del record.outcomes[key]
        return redacted

    def _linked(self, gone):
        """Who was ever one with these, or had one of their keys, be it through others."""
        linked = set(gone)
        pairs = [link[:2] for link in self._links]
        pairs += [(move.owner, move.to) for move in self.moves.values() if move.to]
        while more := {
            customer
            for two in pairs
            for customer in two
            if customer not in linked and not linked.isdisjoint(two)
        }:
            linked |= more
        return linked - gone

    def _with_parts(self, customers):
        reached = set(customers)
        while more := {
            part
            for part, whole, is_split in self._links
            if is_split and whole in reached and part not in reached
        }:
            reached |= more
        return reached

    # Expected conflicts

    def same_people(self, identity, customer):
        """The Customers that may be the same person, by kind: first seen, last seen, count.

        Changes since that identity are left out.
        """
        others = {}
        for other, conflicts in identity.same_people(customer).items():
            then = [identity.conflicts[conflict] for conflict in conflicts]
            first = self.pasts[min(conflict.first for conflict in then)].at
            last = self.pasts[max(conflict.last for conflict in then)].at
            count = sum(conflict.count for conflict in then)
            is_current = then == [self.now.conflicts[conflict] for conflict in conflicts]
            others[other] = (first, last, count) if is_current else (first, None, None)
        return others

    # Expected explanations

    def outcomes(self, event):
        """The outcome and the Customer of each identifier that has not changed its owner since."""
        record, own = self.records[event], self.now.events[event]
        then = self.pasts[record.past].identity
        stood = record.survivor or then.survivor(own)
        outcomes = {}
        for key in record.outcomes.keys() - record.lost:
            outcome = record.outcomes[key]
            if outcome == "beyond_limit":
                outcomes[key] = outcome, None
                continue
            if outcome == "merged":
                outcomes[key] = outcome, record.visitor
                continue
            home = then.homes[key]
            owner = then.survivor(home)
            # Who made the two one was erased, and so that is forgotten.
            if outcome == "agreed" and owner != stood and home != own:
                outcome = "overruled"
            outcomes[key] = outcome, owner if outcome in ("overruled", "shared") else stood
        return outcomes

    def changes(self, event, until):
        """The merges, undos and splits since an event, up to the past of that place."""
        record = self.records[event]
        concerned = {self.now.events[event]}
        concerned |= {self._home_since(record.past, key) for key in record.outcomes} - {None}
        changes = []
        for past in self.pasts[record.past + 1 : until + 1]:
            chains = [past.identity.chain(customer) for customer in concerned]
            changes += [
                change for change in past.changes if any(change[1] in chain for chain in chains)
            ]
        return changes

    def _home_since(self, index, key):
        """The home of a key at a past, or the first one after it."""
        homes = [past.identity.homes for past in self.pasts[index:]]
        return next((then[key] for then in homes if key in then), None)


def _keys(sent):
    """The identifiers, highest priority first."""
    return [(kind, sent[kind]) for kind in (*KINDS, ANONYMOUS) if kind in sent]
