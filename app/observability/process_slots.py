"""Slots: small numbers for processes that share a directory, one per living process.

A process id would not do: a successor has another one, so the files kept by id would multiply.
"""

import fcntl
import itertools
import os
from collections.abc import Callable
from pathlib import Path


def acquire(directory: str) -> int:
    """The lowest free slot in the directory. This process has it until it ends."""
    for slot in itertools.count():
        # The lock lasts as long as its descriptor is open, and nothing closes that.
        if _lock(Path(directory, f"slot-{slot}")) is not None:
            return slot
    raise AssertionError("numbers do not end")


def reap(directory: str, forget: Callable[[int], None]) -> None:
    """Calls `forget` with each slot whose process ended; no process acquires it meanwhile."""
    for path in Path(directory).glob("slot-*"):
        if (descriptor := _lock(path)) is not None:
            try:
                forget(int(path.name.removeprefix("slot-")))
            finally:
                os.close(descriptor)


def _lock(path: Path) -> int | None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT, 0o600)
    try:
        # The kernel releases it when the process ends, however it ends.
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor
