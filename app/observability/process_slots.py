"""Slots: small numbers for processes that share a directory, one per living process.

A process id is unsuitable: each successor has another one, so files named by it would multiply.
"""

import fcntl
import itertools
import os
from collections.abc import Callable
from pathlib import Path


def acquire(directory: str) -> int:
    """The lowest free slot in the directory. This process has it until it ends."""
    for slot in itertools.count():
        # The lock lasts while its descriptor is open. This descriptor stays open.
        if _lock(Path(directory, f"slot-{slot}")) is not None:
            return slot
    raise AssertionError("the count has no end")


def reap(directory: str, forget: Callable[[int], None]) -> None:
    """Calls `forget` with each slot whose process ended. No process can acquire it meanwhile."""
    for path in Path(directory).glob("slot-*"):
        if (descriptor := _lock(path)) is not None:
            try:
                forget(int(path.name.removeprefix("slot-")))
            finally:
                os.close(descriptor)


def _lock(path: Path) -> int | None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT, 0o600)
    try:
        # The kernel releases the lock when the process ends for any reason.
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor
