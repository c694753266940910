"""The write order of the events of a commit, which makes deadlocks of commits rare."""

from collections.abc import Iterable, Sequence

from app.domain.disjoint_sets import DisjointSets


def commit_order(subjects: Iterable[Sequence[str]]) -> list[int]:
    """Returns the positions of events in write order; a subject is an identifier or a Customer.

    Events that share a subject, directly or through others, stay in order: a later one may resolve
    to a Customer that an earlier one created. All others are sorted by their least shared subject,
    so that two commits lock the same Identifiers and Customers in the same order.
    """
    leaders = shared_subjects(subjects)
    return sorted(range(len(leaders)), key=leaders.__getitem__)


def shared_subjects(subjects: Iterable[Sequence[str]]) -> list[str]:
    """Returns for each event the least subject that it shares with others, directly or not.

    Events with different ones share no subject, and their order is free.
    """
    sets = DisjointSets()
    firsts: list[str] = []
    for names in subjects:
        firsts.append(names[0])
        if len(names) > 1:
            sets.join(names)
    return [sets.leader(name) for name in firsts]
