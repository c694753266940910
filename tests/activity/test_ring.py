"""The ring keeps the last records within its limits."""

import time

import pytest

from app.activity.record import entries
from app.activity.ring import Ring
from app.errors import RateLimited
from app.ingest import payload
from app.ingest.observer import ObservedRequest, Sender


def request(events=1, age=0.0):
    body = b'{"events": [%b]}' % b",".join([b'{"event": "x"}'] * events)
    error = RateLimited(1, 1)
    return ObservedRequest(
        Sender("http"), time.time() - age, body, payload.decode(body), error=error
    )


SIZE = len(next(entries(request(), "0a", 1)).data)  # of a record


def numbers(ring, after=0):
    return [entry.number for entry in ring.since(after)]


def test_records_are_numbered_over_all_requests():
    ring = Ring("0a")

    added = [[entry.number for entry in ring.add(request(count))] for count in (2, 3)]

    assert added == [[1, 2], [3, 4, 5]]
    assert numbers(ring) == [1, 2, 3, 4, 5]


def test_the_records_after_a_number_may_begin_within_a_request():
    ring = Ring("0a")
    ring.add(request(3))

    assert numbers(ring, 2) == [3]


@pytest.mark.parametrize("limits", [{"max_records": 3}, {"max_bytes": 3 * SIZE + 1}])
def test_the_oldest_records_are_dropped_beyond_a_limit(limits):
    ring = Ring("0a", **limits)
    for _ in range(2):
        ring.add(request(2))

    assert numbers(ring) == [2, 3, 4]


def test_a_record_is_the_one_that_was_added():
    ring = Ring("0a")

    assert ring.add(request(2)) == [*ring.since(0)]


def test_a_request_that_is_too_old_is_dropped():
    ring = Ring("0a", max_age=60)
    ring.add(request(age=61))
    ring.add(request(age=59))

    assert numbers(ring) == [2]


def test_of_many_unread_requests_in_a_second_only_the_first_are_there():
    ring = Ring("0a")
    moment = int(time.time())
    for _ in range(5):
        unread = request(30)
        unread.time = float(moment)
        ring.add_unread(unread)

    assert (numbers(ring), ring.number) == ([*range(1, 101)], 150)


def test_unread_requests_soon_after_a_reader_are_all_there():
    ring = Ring("0a")
    ring.note_readers()
    for _ in range(5):
        ring.add_unread(request(50))

    assert len(numbers(ring)) == 250


def test_forgotten_records_leave_room_for_others():
    ring = Ring("0a", max_records=4)
    ring.add(request(3))
    ring.add(request(1))
    ring.forget(lambda record: record.id != "0a.4")
    ring.add(request(3))

    assert numbers(ring) == [4, 5, 6, 7]
