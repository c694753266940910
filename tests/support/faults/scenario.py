"""A scenario: one run of senders through one kind of fault, its verdict, and its results."""

import random
import uuid
from collections import Counter
from dataclasses import dataclass

from tests.support.faults.history import History
from tests.support.faults.ledger import Ledger
from tests.support.faults.senders import Senders


@dataclass(frozen=True)
class Amounts:
    """The amount of each fault, in a short run and in the long one.

    The long run holds the service to the promised 10 seconds, plus two for the connection. The
    short one runs on hosts with other work.
    """

    service_kills: int = 2
    worker_kills: int = 1
    embedded_kills: int = 1
    neo4j_kills: int = 1
    cuts: int = 5
    seconds: float = 3
    outage: float = 10
    clients: int = 500
    stops: int = 1
    hang_ups: int = 40
    pausing: float = 6
    disk_stalls: int = 2
    consumer_kills: int = 4
    broker_kills: int = 3
    goal: int = 0
    answer_time: float = 20
    recovery_time: float = 20


LONG = Amounts(
    service_kills=14,
    worker_kills=4,
    embedded_kills=4,
    neo4j_kills=10,
    cuts=40,
    seconds=15,
    outage=60,
    stops=4,
    hang_ups=300,
    pausing=60,
    disk_stalls=10,
    consumer_kills=20,
    broker_kills=10,
    goal=20_000,
    answer_time=12,
    recovery_time=10,
)


class Scenario:
    """One run: its ledger, its seeded choices, and its results."""

    def __init__(self, name, seed, amounts):
        self.name = name
        self._amounts = amounts
        self.rng = random.Random(f"{seed}-{name}")
        self.ledger = Ledger(uuid.uuid4().hex[:8])
        self.faults = 0
        self.recoveries = []
        self.violations = Counter()

    def senders(self, *services, **options):
        """Senders to services on one database."""
        addresses = [service.address for service in services]
        seed = self.rng.random()
        return Senders(addresses, services[0].api_key, self.ledger, seed, **options)

    def judge(self, *services):
        """Fails where a promise was broken."""
        violations = History(self.ledger, services[0].cypher).violations()
        self.violations = Counter(violation.kind for violation in violations)
        assert not violations, f"{len(violations)} violations, such as {violations[:5]}"
        assert not self.ledger.faults, self.ledger.faults[:5]
        assert self.ledger.count
        assert self.ledger.slowest() < self._amounts.answer_time, self.ledger.slowest()
        assert max(self.recoveries, default=0) < self._amounts.recovery_time, self.recoveries
        for service in services:
            errors = service.errors()
            assert not errors, errors[:5]

    def row(self):
        """Its line of the table."""
        return (
            self.name,
            self.ledger.count,
            self.faults,
            self.violations["missing"],
            self.violations["duplicates"],
            f"{self.ledger.slowest():.1f}",
            f"{max(self.recoveries):.1f}" if self.recoveries else "-",
            sum(response.status == 503 for response in self.ledger.responses),
        )
