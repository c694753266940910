"""Batching: divides events into batches, and dependent batches into sequences."""

from collections.abc import Iterator, Sequence
from itertools import groupby

from app.ingest.ordering import shared_subjects

Batch = list[int]  # the positions of the events
BatchSequence = list[Batch]  # each batch is written after the one before it


def batch_sequences(
    subjects: Sequence[Sequence[str]], sizes: Sequence[int], max_rows: int, max_bytes: int
) -> list[BatchSequence]:
    """Divides events into batches of at most `max_rows` events and `max_bytes` bytes.

    Each event has its `subjects` and its size in bytes in `sizes`. Events that share a subject,
    directly or through others, are in one sequence, in their order. Sequences may be written
    concurrently. The longest comes first. An event of more than `max_bytes` has its own batch.
    """
    sequences: list[BatchSequence] = []
    batch: Batch = []
    batch_bytes = 0
    group_numbers = shared_subjects(subjects)
    order = sorted(range(len(group_numbers)), key=group_numbers.__getitem__)
    for _, positions in groupby(order, key=group_numbers.__getitem__):
        first, *rest = _batches(positions, sizes, max_rows, max_bytes)
        if rest:
            sequences.append([first, *rest])
            continue
        added_bytes = sum(sizes[position] for position in first)
        is_full = len(batch) + len(first) > max_rows or batch_bytes + added_bytes > max_bytes
        if batch and is_full:
            sequences.append([batch])
            batch, batch_bytes = [], 0
        batch += first
        batch_bytes += added_bytes
    return sorted([*sequences, [batch]] if batch else sequences, key=len, reverse=True)


def _batches(
    positions: Iterator[int], sizes: Sequence[int], max_rows: int, max_bytes: int
) -> Iterator[Batch]:
    batch: Batch = []
    batch_bytes = 0
    for position in positions:
        is_full = len(batch) == max_rows or batch_bytes + sizes[position] > max_bytes
        if batch and is_full:
            yield batch
            batch, batch_bytes = [], 0
        batch.append(position)
        batch_bytes += sizes[position]
    yield batch
