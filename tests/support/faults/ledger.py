"""The ledger: what the senders sent, and what they were told became of it."""

import time
from collections import defaultdict
from dataclasses import dataclass


@dataclass(frozen=True)
class Answer:
    """One answer over HTTP: when it came, after how long, and its status (0: cut off)."""

    at: float
    seconds: float
    status: int


class Ledger:
    """The one truth of a run outside the graph."""

    def __init__(self, run):
        self.run = run
        self.began = time.time()
        self.sent = {}  # events by mark
        self.results = defaultdict(list)  # what each event's answers said, by mark
        self.acknowledged = []  # messages and their results
        self.unanswered = []  # messages that were sent and given up
        self.withheld = set()  # marks of events that never left whole
        self.answers = []
        self.faults = []  # answers that should not be, as text

    @property
    def count(self):
        """How many events were acknowledged."""
        return len(self.results)

    def knows(self, message):
        """Whether all of a message was acknowledged before."""
        return all(event.mark in self.results for event in message.events)

    def send(self, message):
        for event in message.events:
            self.sent[event.mark] = event

    def acknowledge(self, message, results):
        if len(results) != len(message.events):
            self.faults.append(f"{len(message.events)} events, but {len(results)} results")
        self.acknowledged.append((message, results))
        for event, result in zip(message.events, results, strict=False):
            self.results[event.mark].append(result)

    def give_up(self, message):
        self.unanswered.append(message)

    def withhold(self, message):
        self.withheld.update(event.mark for event in message.events)

    def slowest(self):
        """The longest that anybody waited for an answer, in seconds."""
        return max((answer.seconds for answer in self.answers), default=0.0)

    def recovered_at(self, since):
        """When the first good answer came after a moment, or None."""
        # The newest are at the end.
        moment = None
        for answer in reversed(self.answers):
            if answer.at < since:
                break
            if answer.status == 200:
                moment = answer.at
        return moment
