"""The ledger: the sent messages, and their responses."""

import time
from collections import defaultdict
from dataclasses import dataclass


@dataclass(frozen=True)
class Response:
    """One response over HTTP: its time, its latency, and its status (0: cut off)."""

    at: float
    seconds: float
    status: int


class Ledger:
    """The one truth of a run outside the graph."""

    def __init__(self, run):
        self.run = run
        self.began = time.time()
        self.sent = {}  # events by mark
        self.results = defaultdict(list)  # the results in the responses for each event, by mark
        self.acknowledged = []  # messages and their results
        self.unanswered = []  # messages that were sent and not waited for
        self.withheld = set()  # marks of events that never left whole
        self.responses = []
        self.faults = []  # invalid responses, as text

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
        """The longest latency of a response, in seconds."""
        return max((response.seconds for response in self.responses), default=0.0)

    def recovered_at(self, since):
        """The time of the first successful response after another time, or None."""
        # The newest are at the end.
        moment = None
        for response in reversed(self.responses):
            if response.at < since:
                break
            if response.status == 200:
                moment = response.at
        return moment
