"""The narrative: the reason for the Customer of an event, in sentences."""

from collections.abc import Iterable

from msgspec import Struct

from app.customers.explanation.lineage import LineageChange
from app.customers.explanation.outcomes import IdentifierExplanation

_CLAUSES = {
    "agreed": "the {identifier} also matched",
    "merged": "the {identifier} matched {customer}, an anonymous Customer, which the event merged",
    "overruled": "the {identifier} matched {customer} and has lower priority",
    "attached": "the {identifier} was new and was attached",
    "shared": "the {identifier} is a shared identifier and was not used",
    "beyond_limit": "the {identifier} exceeded the identifier limit and was not attached",
    "blocked": "the {identifier} is a blocked value and was ignored",
    "gone": "the {identifier} was deleted, and its outcome is unknown",
}
_CHANGES = {
    "merged": "{change.from_} was merged into {change.into}",
    "undone": "the merge of {change.from_} into {change.into} was undone",
    "split": "{change.from_} was split off {change.into}",
}


class Narrative(Struct, frozen=True):
    """The resolution of an event, and the later changes of its Customer.

    `attached_to` is the Customer that the event was attached to, `first_survivor` the surviving
    Customer at that time, and `survivor` the surviving Customer after all `changes`.
    """

    resolved: str
    attached_to: str
    first_survivor: str
    survivor: str
    identifiers: list[IdentifierExplanation]
    changes: list[LineageChange]


def render(narrative: Narrative) -> str:
    """Returns a sentence for the Customer, for each identifier, and for later changes."""
    clauses = [
        _resolution(narrative),
        *(
            _clause(identifier)
            for identifier in narrative.identifiers
            if identifier.outcome in _CLAUSES
        ),
    ]
    text = " ".join(f"{clause[:1].upper()}{clause[1:]}." for clause in clauses)
    if not narrative.changes:
        return text
    is_moved = narrative.survivor != narrative.first_survivor
    end = f", so the event now belongs to {narrative.survivor}" if is_moved else ""
    return f"{text} Later, {_listed(map(_change, narrative.changes))}{end}."


def _resolution(narrative: Narrative) -> str:
    customer = narrative.attached_to
    if customer != narrative.first_survivor:
        customer += f", merged into {narrative.first_survivor}"
    if narrative.resolved == "customer":
        return f"The event had the ID {customer}, so it was attached to that Customer"
    if narrative.resolved == "new":
        outcomes = {identifier.outcome for identifier in narrative.identifiers}
        is_known = not outcomes.isdisjoint({"overruled", "shared"})
        reason = "No usable identifier matched" if is_known else "No identifier matched"
        return f"{reason}, so {customer} was created"
    subject = f"Its {narrative.resolved}, which was erased later,"
    for identifier in narrative.identifiers:
        if identifier.outcome == "decided":
            subject = f"The {_name(identifier)} (weight {identifier.weight})"
    return f"{subject} matched {customer}, so the event was attached to that Customer"


def _clause(identifier: IdentifierExplanation) -> str:
    return _CLAUSES[identifier.outcome].format(
        identifier=_name(identifier), customer=identifier.customer_id
    )


def _name(identifier: IdentifierExplanation) -> str:
    return f"{identifier.kind} {identifier.value}"


def _change(change: LineageChange) -> str:
    day, _, time = change.at.partition("T")
    return f"{_CHANGES[change.kind].format(change=change)} on {day} at {time[:5]} UTC"


def _listed(texts: Iterable[str]) -> str:
    *others, last = texts
    return f"{', '.join(others)} and {last}" if others else last
