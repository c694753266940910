"""Slots, held by this process and by others."""

import subprocess
import sys

import pytest

from app.observability import process_slots

HOLD = """
import sys
from app.observability import process_slots
print(process_slots.acquire(sys.argv[1]), flush=True)
input()
"""


@pytest.fixture
def other(tmp_path):
    """Starts a process that takes a slot, and gives it with the slot."""
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


def test_each_process_has_a_slot_of_its_own(tmp_path, other):
    assert {process_slots.acquire(str(tmp_path)), other()[1], other()[1]} == {0, 1, 2}


def test_the_slot_of_a_killed_process_is_taken_again(other):
    first, slot = other()
    other()
    first.kill()
    first.wait()

    assert other()[1] == slot


def test_only_the_slots_of_processes_that_ended_are_reaped(tmp_path, other):
    first, slot = other()
    other()
    first.kill()
    first.wait()
    reaped = []

    process_slots.reap(str(tmp_path), reaped.append)

    assert reaped == [slot]
