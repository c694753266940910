"""The narrative: why an event is with its Customer, in sentences."""

from collections.abc import Iterable

from msgspec import Struct

from app.customers.explanation.lineage import LineageChange
from app.customers.explanation.outcomes import IdentifierExplanation

_CLAUSES = {
    "agreed": "the {identifier} identified it as well",
    "overruled": "the {identifier} identified {customer} and was overruled",
    "attached": "the {identifier} was new and was attached",
    "shared": "the {identifier} was shared by several people and was not used",
    "beyond_limit": "the {identifier} was one too many of its kind and was not attached",
    "blocked": "the {identifier} stands for nobody and was ignored",
    "gone": "the {identifier} is gone, and what it did is not known",
}
_CHANGES = {
    "merged": "{change.from_} was merged into {change.into}",
    "undone": "the merge of {change.from_} into {change.into} was undone",
    "split": "{change.from_} was split off {change.into}",
}


class Narrative(Struct, frozen=True):
    """The resolution of an event, and what changed since.

    `attached_to` is the Customer to whom the event was attached, `first_survivor` the survivor of
    that Customer then, and `survivor` the one after all `changes`.
    """

    resolved: str
    attached_to: str
    first_survivor: str
    survivor: str
    identifiers: list[IdentifierExplanation]
    changes: list[LineageChange]


def render(narrative: Narrative) -> str:
    """One sentence about the event, and another about the changes of its Customers since."""
    clauses = [
        _resolution(narrative),
        *(
            _clause(identifier)
            for identifier in narrative.identifiers
            if identifier.outcome in _CLAUSES
        ),
    ]
    sentence = f"{'; '.join(clauses)}."
    if not narrative.changes:
        return sentence
    is_moved = narrative.survivor != narrative.first_survivor
    end = f", so it is {narrative.survivor}'s now" if is_moved else ""
    return f"{sentence} Since then {_listed(map(_change, narrative.changes))}{end}."


def _resolution(narrative: Narrative) -> str:
    customer = narrative.attached_to
    if customer != narrative.first_survivor:
        customer += f", who was merged into {narrative.first_survivor}"
    if narrative.resolved == "customer":
        return f"The event named {customer}, so it was attached to it"
    if narrative.resolved == "new":
        outcomes = {identifier.outcome for identifier in narrative.identifiers}
        is_known = not outcomes.isdisjoint({"overruled", "shared"})
        reason = "None of its keys could decide" if is_known else "None of its keys was known"
        return f"{reason}, so {customer} was created"
    subject = f"Its {narrative.resolved}, which was erased since,"
    for identifier in narrative.identifiers:
        if identifier.outcome == "decided":
            subject = f"The {_name(identifier)} (weight {identifier.weight})"
    return f"{subject} already identified {customer}, so the event was attached to it"


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
