"""The identity graph of a Customer: the boxes that show its profile, and their links."""

import unicodedata
from collections.abc import Collection, Iterator

from msgspec import Struct

from app.access.api_keys import IDENTITY_READ, IDENTITY_WRITE
from app.customers.profile import Profile, ProfileConflict, ProfileIdentifier, ProfileMerge
from app.http.web.graph_layout import Box, Drawing, Line, Tree, narrow, wide
from app.http.web.templates import conflict_path, customer_path, undo_path

MAX_IDENTIFIERS = 5
MAX_MERGES = 3
MAX_IDENTIFIERS_OF_MERGE = 2
MAX_CONFLICTS = 3
MAX_CHARACTERS = 21  # of a line: a wide one counts twice


class IdentityGraph(Struct, frozen=True):
    """A graph in two layouts, for wide and for narrow screens, and its description."""

    wide: Drawing
    narrow: Drawing
    description: str


def identity_graph(profile: Profile, scopes: Collection[str]) -> IdentityGraph:
    """Returns the graph of a profile, with the links that the scopes of an API key allow.

    It has the strongest identifiers and conflicts, and the latest merges. Boxes of their own count
    the others.
    """
    tree = Tree(
        _customer(profile),
        list(_identifiers(profile)),
        [*_merges(profile, scopes), *_conflicts(profile, scopes)],
    )
    return IdentityGraph(wide(tree), narrow(tree), _description(profile))


def _customer(profile: Profile) -> Box:
    name = profile.identifiers[0].value if profile.identifiers else profile.customer_id
    lines = [
        Line("Customer"),
        Line(_short(name), "value"),
        Line("created", at=profile.created_at),
    ]
    return Box("customer", f"Customer {profile.customer_id}", lines)


def _identifiers(profile: Profile) -> Iterator[Box]:
    own = [item for item in profile.identifiers if item.home is None]
    yield from map(_identifier, own[:MAX_IDENTIFIERS])
    others = len(own) - MAX_IDENTIFIERS
    if others > 0:
        yield _more(others, "identifier", "#identifiers")


def _identifier(item: ProfileIdentifier) -> Box:
    label = f"{item.kind}, shared" if item.shared else item.kind
    lines = [Line(label), Line(_short(item.value), "value"), Line("since", at=item.since)]
    if item.last_seen:
        lines.append(Line("last seen", at=item.last_seen))
    return Box("identifier", f"{label} {item.value}", lines)


def _merges(profile: Profile, scopes: Collection[str]) -> Iterator[Box]:
    for merge in profile.merges[:MAX_MERGES]:
        yield _merge(profile, merge, scopes)
    if profile.merge_count > MAX_MERGES:
        yield _more(profile.merge_count - MAX_MERGES, "merged Customer", "#merged")


def _merge(profile: Profile, merge: ProfileMerge, scopes: Collection[str]) -> Box:
    lines = [Line("merged", at=merge.at), Line(_short(merge.customer_id), "id")]
    if merge.into != profile.customer_id:
        lines.append(Line(f"into {_short(merge.into)}"))
    link = None
    if IDENTITY_WRITE in scopes:
        link = undo_path(merge.merge_id, customer_path(profile.customer_id))
    items = [item for item in profile.identifiers if item.home == merge.customer_id]
    children = [
        Box("identifier", f"{item.kind} {item.value}", [Line(item.kind), _value(item)])
        for item in items[:MAX_IDENTIFIERS_OF_MERGE]
    ]
    if len(items) > MAX_IDENTIFIERS_OF_MERGE:
        children.append(_more(len(items) - MAX_IDENTIFIERS_OF_MERGE, "identifier", "#identifiers"))
    title = f"Merged Customer {merge.customer_id}: {merge.reason or 'no reason'}"
    return Box("merge", title, lines, link, "Undo the merge", children)


def _value(item: ProfileIdentifier) -> Line:
    return Line(_short(item.value), "value")


def _conflicts(profile: Profile, scopes: Collection[str]) -> Iterator[Box]:
    for conflict in profile.conflicts[:MAX_CONFLICTS]:
        yield _conflict(profile, conflict, scopes)
    others = profile.conflict_count - MAX_CONFLICTS
    if others > 0:
        yield _more(others, "possible duplicate", "#people", is_partial=profile.is_partial)


def _conflict(profile: Profile, conflict: ProfileConflict, scopes: Collection[str]) -> Box:
    lines = [
        Line("maybe the same person"),
        Line(_short(conflict.name or conflict.customer_id), "value"),
        Line(_short(f"{', '.join(conflict.kinds)}: {_count(conflict.count, 'event')}")),
        Line("last", at=conflict.last_seen),
    ]
    link, label = customer_path(conflict.customer_id), "Open"
    if IDENTITY_READ in scopes:
        link, label = conflict_path(f"{profile.customer_id}~{conflict.customer_id}"), "Compare"
    return Box("conflict", f"Maybe the same as {conflict.customer_id}", lines, link, label)


def _more(count: int, noun: str, link: str, *, is_partial: bool = False) -> Box:
    label = f"{count:,}{'+' if is_partial else ''} more {noun}{'' if count == 1 else 's'}"
    return Box("more", label, [], link, label)


def _count(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def _description(profile: Profile) -> str:
    counts = (
        (profile.identifier_count, "identifier"),
        (profile.merge_count, "merged Customer"),
        (profile.conflict_count, "open identity conflict"),
    )
    return ", ".join(_count(count, noun) for count, noun in counts) + "."


def _short(text: str) -> str:
    """The beginning of a text that fits into a box."""
    left = MAX_CHARACTERS
    for place, character in enumerate(text):
        left -= 2 if unicodedata.east_asian_width(character) in "WF" else 1
        if left < 0:
            return f"{text[: place - 1].rstrip('. ')}…"
    return text
