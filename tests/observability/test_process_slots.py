"""Seats, held by this process and by others."""

import subprocess
import sys

import pytest

from app.observability import process_slots

HOLD = """
import sys
from app.observability import process_slots
print(process_slots.take(sys.argv[1]), flush=True)
input()
"""


@pytest.fixture
def other(tmp_path):
    """Starts a process that takes a seat, and gives it with the seat."""
    processes = []

    def start():
        process = subprocess.Popen(
            [sys.executable, "-c", HOLD, str(tmp_path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert process.stdout
        processes.append(process)
        return process, int(process.stdout.readline())

    yield start
    for process in processes:
        process.kill()
        process.communicate()


def test_each_process_has_a_seat_of_its_own(tmp_path, other):
    assert {process_slots.take(str(tmp_path)), other()[1], other()[1]} == {0, 1, 2}


def test_the_seat_of_a_killed_process_is_taken_again(other):
    first, seat = other()
    other()
    first.kill()
    first.wait()

    assert other()[1] == seat


def test_only_the_seats_of_processes_that_ended_are_forgotten(tmp_path, other):
    first, seat = other()
    other()
    first.kill()
    first.wait()
    forgotten = []

    process_slots.clear(str(tmp_path), forgotten.append)

    assert forgotten == [seat]
