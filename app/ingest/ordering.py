"""The order in which a commit writes its events, so that concurrent commits seldom deadlock."""

from collections.abc import Iterable, Sequence

from app.domain.disjoint_sets import DisjointSets


def commit_order(subjects: Iterable[Sequence[str]]) -> list[int]:
    """The positions of events in the order to write them; a subject is an identifier or a Customer.

    Events that share a subject, be it through others, keep their order: a later one may resolve
    to what an earlier one wrote. Apart from that they are sorted by the least subject that they
    share, so that two commits lock the same Identifiers and Customers in the same order.
    """
    leaders = shared_subjects(subjects)
    return sorted(range(len(leaders)), key=leaders.__getitem__)


def shared_subjects(subjects: Iterable[Sequence[str]]) -> list[str]:
    """For each event the least subject that it shares with others, be it through more of them.

    Events with different ones have nothing in common, and may be written in any order.
    """
    sets = DisjointSets()
    firsts: list[str] = []
    for names in subjects:
        firsts.append(names[0])
        if len(names) > 1:
            sets.join(names)
    return [sets.leader(name) for name in firsts]
