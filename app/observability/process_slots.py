"""Seats: numbers for processes that share a directory, each of them one process's while it lives.

A process id would not do: a successor has another one, and so what is kept under it would grow.
"""

import fcntl
import itertools
import os
from collections.abc import Callable
from pathlib import Path


def take(directory: str) -> int:
    """The first seat in the directory that nobody holds. It is ours until this process ends."""
    for number in itertools.count():
        # It is held for as long as its descriptor is open, which nothing closes.
        if _lock(Path(directory, f"seat-{number}")) is not None:
            return number
    raise AssertionError("numbers do not end")


def clear(directory: str, forget: Callable[[int], None]) -> None:
    """Calls `forget` with each seat whose process ended; nobody takes the seat meanwhile."""
    for path in Path(directory).glob("seat-*"):
        if (descriptor := _lock(path)) is not None:
            try:
                forget(int(path.name.removeprefix("seat-")))
            finally:
                os.close(descriptor)


def _lock(path: Path) -> int | None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT, 0o600)
    try:
        # The kernel gives it back when the process ends, however it ends.
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor
