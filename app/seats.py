"""Seats: numbers for processes that share a directory, each of them one process's while it lives.

A process id would not do: a successor has another one, and so what is kept under it would grow.
"""

import fcntl
import itertools
from collections.abc import Callable
from pathlib import Path
from typing import IO

_taken: list[IO[bytes]] = []  # the open file is what holds the seat


def take(directory: str) -> int:
    """The first seat in the directory that nobody holds. It is ours until this process ends."""
    for number in itertools.count():
        if file := _lock(Path(directory, f"seat-{number}")):
            _taken.append(file)
            return number
    raise AssertionError("numbers do not end")


def clear(directory: str, forget: Callable[[int], None]) -> None:
    """Calls `forget` with each seat whose process ended; nobody takes the seat meanwhile."""
    for path in Path(directory).glob("seat-*"):
        if file := _lock(path):
            with file:
                forget(int(path.name.removeprefix("seat-")))


def _lock(path: Path) -> IO[bytes] | None:
    file = path.open("ab")
    try:
        # The kernel gives it back when the process ends, however it ends.
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        return None
    return file
