"""Sentences: why an event is where it is, in words that a person reads."""

from collections.abc import Iterable

from msgspec import Struct

from app.customers.explanation.lineage import LineageChange
from app.customers.explanation.outcomes import KeyExplanation

_REST = {
    "agreed": "the {key} identified it as well",
    "overruled": "the {key} identified {customer} and was overruled",
    "attached": "the {key} was new and was attached",
    "shared": "the {key} was shared by several people and was not used",
    "beyond_limit": "the {key} was one too many of its kind and was not attached",
    "blocked": "the {key} stands for nobody and was ignored",
    "gone": "the {key} is gone, and what it did is not known",
}
_CHANGES = {
    "merged": "{each.from_} was merged into {each.into}",
    "undone": "the merge of {each.from_} into {each.into} was undone",
    "split": "{each.from_} was split off {each.into}",
}


class Story(Struct, frozen=True):
    """What there is to tell of an event.

    `own` is the Customer to whom it was attached, `customer` the one who stood for that Customer
    then, and `survivor` the one who does so in the end.
    """

    resolved: str
    own: str
    customer: str
    survivor: str
    keys: list[KeyExplanation]
    changes: list[LineageChange]


def tell(story: Story) -> str:
    """One sentence about the event, and another about what became of its Customers since."""
    first = [_beginning(story), *(_rest(key) for key in story.keys if key.outcome in _REST)]
    told = f"{'; '.join(first)}."
    if not story.changes:
        return told
    end = f", so it is {story.survivor}'s now" if story.survivor != story.customer else ""
    return f"{told} Since then {_listed(map(_change, story.changes))}{end}."


def _beginning(story: Story) -> str:
    who = story.own
    if story.own != story.customer:
        who += f", who was merged into {story.customer}"
    if story.resolved == "customer":
        return f"The event named {who}, so it was attached to it"
    if story.resolved == "new":
        is_known = any(key.outcome in ("overruled", "shared") for key in story.keys)
        why = "None of its keys could decide" if is_known else "None of its keys was known"
        return f"{why}, so {who} was created"
    what = f"Its {story.resolved}, which was erased since,"
    for key in story.keys:
        if key.outcome == "decided":
            what = f"The {_name(key)} (weight {key.weight})"
    return f"{what} already identified {who}, so the event was attached to it"


def _rest(key: KeyExplanation) -> str:
    return _REST[key.outcome].format(key=_name(key), customer=key.customer_id)


def _name(key: KeyExplanation) -> str:
    return f"{key.kind} {key.value}"


def _change(change: LineageChange) -> str:
    day, _, time = change.at.partition("T")
    return f"{_CHANGES[change.kind].format(each=change)} on {day} at {time[:5]} UTC"


def _listed(texts: Iterable[str]) -> str:
    *others, last = texts
    return f"{', '.join(others)} and {last}" if others else last
