"""Chains: batches that must follow one another, beside others that need not wait for them."""

from collections.abc import Iterator, Sequence
from itertools import groupby

from app.ingest.ordering import groups

Batch = list[int]  # of positions


def chains(
    subjects: Sequence[Sequence[str]], sizes: Sequence[int], rows: int, size: int
) -> list[list[Batch]]:
    """The positions of events in batches of so many `rows` and bytes at most, in chains.

    Events that share a subject, be it through others, stand in one chain, in their order; chains
    may be written at once. `subjects` and `sizes` (in bytes) are of the events. The longest
    chain comes first. An event that alone is larger than `size` is a batch.
    """
    found: list[list[Batch]] = []
    batch: Batch = []
    weight = 0
    places = groups(subjects)
    order = sorted(range(len(places)), key=places.__getitem__)
    for _, positions in groupby(order, key=places.__getitem__):
        first, *rest = _batches(positions, sizes, rows, size)
        if rest:
            found.append([first, *rest])
            continue
        added = sum(sizes[position] for position in first)
        if batch and (len(batch) + len(first) > rows or weight + added > size):
            found.append([batch])
            batch, weight = [], 0
        batch += first
        weight += added
    return sorted([*found, [batch]] if batch else found, key=len, reverse=True)


def _batches(
    positions: Iterator[int], sizes: Sequence[int], rows: int, size: int
) -> Iterator[Batch]:
    batch: Batch = []
    weight = 0
    for position in positions:
        if batch and (len(batch) == rows or weight + sizes[position] > size):
            yield batch
            batch, weight = [], 0
        batch.append(position)
        weight += sizes[position]
    yield batch
