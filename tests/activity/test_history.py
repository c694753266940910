"""The history has the last entries of all processes, and notices what is missing."""

from app.activity.history import History
from app.activity.record import Entry, Record


def entry(source, number, time="t"):
    record = Record(id=f"{source}.{number}", time=time, way="http", outcome="stored")
    return Entry(source, number, record, b"x" * 10)


def test_an_entry_that_comes_again_is_known():
    history = History()

    assert [history.add(entry("a", 1)), history.add(entry("a", 1))] == [0, None]


def test_a_gap_in_the_numbers_of_a_process_is_missing():
    history = History()
    history.add(entry("a", 1))

    assert history.add(entry("a", 4)) == 2


def test_the_first_entry_of_a_process_has_none_missing_before():
    assert History().add(entry("a", 40)) == 0


def test_the_entries_after_a_position_are_those_of_all_processes():
    history = History()
    for source, number in (("a", 1), ("b", 1), ("a", 2), ("b", 2)):
        history.add(entry(source, number))

    found, missing = history.after({"a": 1, "b": 2})

    assert ([(each.source, each.number) for each in found], missing) == ([("a", 2)], 0)


def test_entries_that_were_dropped_are_missing():
    history = History(max_records=2)
    for number in range(1, 6):
        history.add(entry("a", number))

    assert history.after({"a": 1})[1] == 2


def test_the_oldest_entries_are_dropped_beyond_the_bytes():
    history = History(max_bytes=25)
    for number in range(1, 4):
        history.add(entry("a", number))

    assert [each.number for each in history] == [2, 3]


def test_forgotten_entries_are_missing_and_leave_room_for_others():
    history = History(max_bytes=25)
    for number in (1, 2):
        history.add(entry("a", number))
    history.forget(lambda record: record.id == "a.1")
    history.add(entry("a", 3))

    found, missing = history.after({"a": 0})

    assert ([each.number for each in found], missing) == ([2, 3], 1)


def test_the_last_entries_of_a_process_stay_with_older_ones_of_many_others():
    history = History(max_records=2)
    history.begin([entry("a", 1, "2026-11-28T10:00:00Z")], "a", 1)
    for source in "bcdefg":
        history.add(entry(source, 1, "2026-11-28T09:00:00Z"))
    history.sort()

    assert [each.source for each in history] == ["g", "a"]


def test_a_collection_of_many_processes_is_bounded():
    history = History(max_records=2)
    history.begin([], "a", 0)
    for number in range(100):
        history.add(entry(f"source{number}", 1))

    assert len([*history]) <= 4
