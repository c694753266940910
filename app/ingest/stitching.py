"""Stitching: the statements that merge anonymous Customers, among those that write events.

`stitch.cypher` runs before the write of an event with an anonymous ID and another identifier. An
earlier event of the same commit may create the anonymous Customer, so it must be written before.
"""

from collections.abc import Sequence

from app.graph.parameters import Rows
from app.ingest.ordering import shared_subjects
from app.ingest.write_queue import Row

# Each takes two statements. With more, events that share an anonymous ID may be resolved as if they
# came in another order: it is one that many people share.
MAX_ROUNDS = 8

Part = tuple[str, Row]  # the name of a statement, and its parameters


def is_candidate(row: Row) -> bool:
    """Whether the event of a row may merge an anonymous Customer into another."""
    return "merge" in row


def rounds(rows: Sequence[Row]) -> list[list[int]]:
    """Returns the positions of rows, which are in write order, in the rounds that write them.

    A row begins another round if it may merge for the first time in its order, and shares an
    identifier with a row of this round.
    """
    leaders = shared_subjects(row["identifiers"] or [row["customer"]] for row in rows)
    numbers: dict[str, int] = {}
    seen: set[tuple[str, ...]] = set()
    parts: list[list[int]] = [[]]
    for position, (row, leader) in enumerate(zip(rows, leaders, strict=True)):
        number = numbers.get(leader, -1)
        subject = (row["customer"] or "", *row["identifiers"])
        if number < 0 or (is_candidate(row) and subject not in seen):
            number = min(number + 1, MAX_ROUNDS - 1)
        seen.add(subject)
        numbers[leader] = number
        if number == len(parts):
            parts.append([])
        parts[number].append(position)
    return parts


def statements(values: Row, groups: dict[int, int]) -> tuple[list[Part], list[int]]:
    """Returns the statements of a commit; and its events in their order, as positions.

    `values` are the parameters of a write in one statement, `groups` the number of rows of each
    atomic group. A group of several rows may be rejected after this, so that it merges nothing.
    """
    batch, limits = values["batch"], values["limits"]
    rows = list(batch["events"])
    parts: list[Part] = []
    order: list[int] = []
    for positions in rounds(rows):
        written = [rows[position] for position in positions]
        candidates = _candidates([row for row in written if groups[row["group"]] == 1])
        if candidates:
            parts.append(("stitch", {"candidates": candidates, "limits": limits}))
        own = {row["group"] for row in written}
        part = {name: [item for item in batch[name] if item["group"] in own] for name in _CHECKS}
        parts.append(("ingest", {"batch": {**part, "events": Rows(written)}, "limits": limits}))
        order += positions
    return parts, order


_CHECKS = ("named", "claims")


def _candidates(rows: Sequence[Row]) -> list[Row]:
    """The maps of rows that may merge, one for all that carry the same identifiers."""
    candidates: dict[tuple[str, ...], Row] = {}
    for row in filter(is_candidate, rows):
        subject = (row["customer"] or "", *row["identifiers"])
        candidate = candidates.setdefault(
            subject, {"keys": row["identifierKeys"], "customer": row["customer"], "events": []}
        )
        candidate["events"].append({name: row[name] for name in ("id", "merge", "receivedAt")})
    return list(candidates.values())
