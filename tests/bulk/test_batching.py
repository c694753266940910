from hypothesis import given
from hypothesis import strategies as st

from app.bulk.batching import batch_sequences

names = st.lists(st.sampled_from("abcdefgh"), min_size=1, max_size=3, unique=True)
events = st.lists(st.tuples(names, st.integers(1, 40)))
ROWS, SIZE = 3, 50


def made(events):
    return batch_sequences([names for names, _ in events], [size for _, size in events], ROWS, SIZE)


@given(events)
def test_every_event_is_written_once(events):
    positions = [position for sequence in made(events) for batch in sequence for position in batch]

    assert sorted(positions) == list(range(len(events)))


@given(events)
def test_records_of_one_subject_are_one_sequence_in_order(events):
    for name in "abcdefgh":
        positions = [
            [position for batch in sequence for position in batch if name in events[position][0]]
            for sequence in made(events)
        ]
        (together,) = [in_sequence for in_sequence in positions if in_sequence] or [[]]
        assert together == sorted(together)


@given(events)
def test_no_batch_is_larger_than_allowed(events):
    for sequence in made(events):
        for batch in sequence:
            assert 1 <= len(batch) <= ROWS
            assert sum(events[position][1] for position in batch) <= SIZE


def test_a_sequence_of_several_batches_comes_first():
    assert made([(["a"], 1), *[(["b"], 1)] * 4]) == [[[1, 2, 3], [4]], [[0]]]


def test_unrelated_records_share_a_batch():
    assert made([(["a"], 1), (["b"], 1), (["c"], 1)]) == [[[0, 1, 2]]]
