from hypothesis import given
from hypothesis import strategies as st

from app.ingest.ordering import commit_order

subjects = st.lists(st.sampled_from("abcdefgh"), min_size=1, max_size=3, unique=True)


@given(st.lists(subjects))
def test_every_event_is_written_once(events):
    assert sorted(commit_order(events)) == list(range(len(events)))


@given(st.lists(subjects))
def test_events_that_share_a_subject_keep_their_order(events):
    order = commit_order(events)

    for name in "abcdefgh":
        written = [position for position in order if name in events[position]]
        assert written == sorted(written)


@given(st.permutations(["b", "c", "d", "e"]))
def test_commits_write_the_same_subjects_in_the_same_order(names):
    assert [names[position] for position in commit_order([[name] for name in names])] == [
        "b",
        "c",
        "d",
        "e",
    ]


def test_events_that_others_connect_stay_together():
    assert commit_order([["z"], ["m"], ["a", "z"]]) == [0, 2, 1]
