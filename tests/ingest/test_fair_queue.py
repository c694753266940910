"""The fair queue: the order in which flows are served."""

import pytest

from app.ingest.fair_queue import FairQueue


@pytest.fixture
def queue():
    return FairQueue()


def served(queue):
    return [queue.pop() for _ in range(len(queue))]


def test_the_items_of_a_flow_keep_their_order(queue):
    for number in range(5):
        queue.push("one", 5 - number, number)

    assert served(queue) == [0, 1, 2, 3, 4]


def test_a_flow_that_sends_little_is_served_next(queue):
    for number in range(5):
        queue.push("flood", 100, f"flood {number}")
    assert queue.pop() == "flood 0"

    queue.push("other", 1, "other")

    assert served(queue) == ["other", "flood 1", "flood 2", "flood 3", "flood 4"]


def test_two_floods_are_served_alike_by_their_cost(queue):
    for number in range(40):
        queue.push("large", 10, ("large", 10))
        if number < 20:
            queue.push("larger", 20, ("larger", 20))

    costs = {"large": 0, "larger": 0}
    for _ in range(30):
        flow, cost = queue.pop()
        costs[flow] += cost

    assert costs == {"large": 200, "larger": 200}


def test_an_idle_flow_gains_no_credit(queue):
    for number in range(10):
        queue.push("busy", 10, f"busy {number}")
    for _ in range(5):
        queue.pop()

    for number in range(5):
        queue.push("new", 10, f"new {number}")

    assert served(queue)[:4] in (
        ["new 0", "busy 5", "new 1", "busy 6"],
        ["busy 5", "new 0", "busy 6", "new 1"],
    )


def test_the_first_item_is_the_one_that_is_taken(queue):
    queue.push("one", 1, "first")
    queue.push("one", 1, "second")

    assert queue.first() == queue.pop() == "first"


def test_clearing_takes_all_items(queue):
    for number in range(3):
        queue.push(f"flow {number}", 1, number)

    assert queue.clear() == [0, 1, 2]
    assert len(queue) == 0
