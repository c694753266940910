"""The history checker: compares what was acknowledged with what the graph has."""

import json
from collections import Counter, defaultdict
from dataclasses import dataclass

TOUCHPOINTS = """
MATCH (touchpoint:Touchpoint {run: $run})
RETURN
  touchpoint {
    .id, .mark, .customerId, .resolvedBy, .event, .timestamp, .properties, .identifiers, .shared
  } AS touchpoint,
  [(customer:Customer)-[:HAS_TOUCHPOINT]->(touchpoint) | customer.id] AS owners
"""
IDENTIFIERS = """
UNWIND $keys AS key
MATCH (identifier:Identifier {kind: key[0], value: key[1]})
RETURN key, [(identifier)-[:IDENTIFIES]->(customer:Customer) | customer.id] AS owners
"""
HALVES = """
MATCH (touchpoint:Touchpoint)
WHERE touchpoint.customerId IS NULL
RETURN 'Touchpoint ' + touchpoint.id + ' has no content' AS half
UNION ALL
MATCH (customer:Customer)
WHERE customer.createdAt.epochSeconds >= $began AND NOT EXISTS { (customer)<-[:IDENTIFIES]-() }
RETURN 'Customer ' + customer.id + ' has no Identifier' AS half
"""


@dataclass(frozen=True)
class Violation:
    """A promise that was broken: its kind in a word, and where."""

    kind: str
    where: str


class History:
    """The errors in a run, from its ledger and from the graph, read by `cypher`."""

    def __init__(self, ledger, cypher):
        self._ledger = ledger
        self._touchpoints = defaultdict(list)
        for row in cypher(TOUCHPOINTS, run=ledger.run):
            self._touchpoints[row["touchpoint"]["mark"]].append(row)
        keys = sorted({key for event in ledger.sent.values() for key in event.keys})
        rows = cypher(IDENTIFIERS, keys=[list(key) for key in keys])
        self._owners = [(tuple(row["key"]), row["owners"]) for row in rows]
        self._halves = [row["half"] for row in cypher(HALVES, began=int(ledger.began))]

    def violations(self):
        """All broken promises."""
        violations = [Violation("half", half) for half in self._halves]
        for check in (
            self._missing,
            self._duplicates,
            self._invented,
            self._torn,
            self._altered,
            self._owned,
            self._identified,
            self._resolved,
            self._reported,
            self._replayed,
            self._ordered,
        ):
            violations += [Violation(check.__name__[1:], where) for where in check()]
        return violations

    def _missing(self):
        """Every acknowledged event has a Touchpoint."""
        return [mark for mark in self._ledger.results if mark not in self._touchpoints]

    def _duplicates(self):
        """No event has two."""
        return [mark for mark, rows in self._touchpoints.items() if len(rows) > 1]

    def _invented(self):
        """Every Touchpoint was sent, and not only in part."""
        sent = self._ledger.sent.keys() - self._ledger.withheld
        return [mark for mark in self._touchpoints if mark not in sent]

    def _torn(self):
        """A request without a response is stored whole or absent."""
        for message in self._ledger.unanswered:
            present = {event.mark in self._touchpoints for event in message.events}
            if len(present) > 1:
                yield message.events[0].mark

    def _altered(self):
        """A Touchpoint has what was sent."""
        for mark, touchpoint, _ in self._known():
            fields = self._ledger.sent[mark].fields
            if (
                json.loads(touchpoint["properties"]) != fields["properties"]
                or touchpoint["event"] != fields["event"]
                or touchpoint["timestamp"] != fields.get("timestamp", touchpoint["timestamp"])
            ):
                yield f"{mark}: {touchpoint}"

    def _owned(self):
        """A Touchpoint has exactly one Customer, whom it names; an Identifier has exactly one."""
        for mark, touchpoint, owners in self._known():
            if owners != [touchpoint["customerId"]]:
                yield f"{mark} names {touchpoint['customerId']}, and is of {owners}"
        for key, owners in self._owners:
            if len(owners) != 1:
                yield f"{key} is of {owners}"

    def _identified(self):
        """An Identifier exists once. The one that matched belongs to the Customer permanently.

        A shared identifier resolves no event.
        """
        counts = Counter(key for key, _ in self._owners)
        yield from (f"{key} is there {count} times" for key, count in counts.items() if count > 1)
        owners = dict(self._owners)
        for mark, touchpoint, _ in self._known():
            unshared = set(touchpoint["identifiers"]).difference(touchpoint["shared"] or ())
            keys = [tuple(text.split(":", 1)) for text in unshared]
            decided = touchpoint["resolvedBy"]
            for kind, value in keys:
                if decided in (kind, "new") and owners.get((kind, value)) != [
                    touchpoint["customerId"]
                ]:
                    yield f"{mark} was resolved by {decided}, but {kind} {value} is not its own"

    def _resolved(self):
        """A Customer is new exactly once."""
        touchpoints = [touchpoint for _, touchpoint, _ in self._known()]
        made = Counter(
            touchpoint["customerId"]
            for touchpoint in touchpoints
            if touchpoint["resolvedBy"] == "new"
        )
        for customer in {touchpoint["customerId"] for touchpoint in touchpoints}:
            if made[customer] != 1:
                yield f"{customer} was new {made[customer]} times"

    def _reported(self):
        """A response agrees with the graph."""
        touchpoints = {mark: touchpoint for mark, touchpoint, _ in self._known()}
        for mark, results in self._ledger.results.items():
            if (touchpoint := touchpoints.get(mark)) and results[0] != {
                "eventId": touchpoint["id"],
                "customerId": touchpoint["customerId"],
                "resolved": touchpoint["resolvedBy"],
            }:
                yield f"{results[0]}, but {touchpoint}"

    def _replayed(self):
        """Every response to the same event is the same."""
        for mark, results in self._ledger.results.items():
            if any(result != results[0] for result in results):
                yield f"{mark}: {results}"

    def _ordered(self):
        """A batch has its results, ids and Customers in its order."""
        for message, results in self._ledger.acknowledged:
            ids = [result["eventId"] for result in results]
            if not message.is_repeatable and ids != sorted(ids):
                yield f"{ids} are not in order"
            for event, result in zip(message.events, results, strict=True):
                rows = self._touchpoints.get(event.mark)
                if rows and rows[0]["touchpoint"]["id"] != result["eventId"]:
                    yield f"{event.mark} is not {result['eventId']}"
            if message.has_newcomer and not _found_first(results):
                yield f"{message.events[0].mark}: {results[0]}, {results[-1]}"

    def _known(self):
        for mark, rows in self._touchpoints.items():
            if mark in self._ledger.sent:
                yield from ((mark, row["touchpoint"], row["owners"]) for row in rows)


def _found_first(results):
    first, last = results[0], results[-1]
    return (first["resolved"], last["resolved"], last["customerId"]) == (
        "new",
        "email",
        first["customerId"],
    )
