"""A program that sends calls until a file appears, as a program does while its service restarts."""

import os
import time
from collections.abc import Iterator
from pathlib import Path

USER = os.environ["USER_ID"]
PAUSE_SECONDS = 0.1


def steps() -> Iterator[int]:
    """Yields a number for each call to send, until the file exists; then prints their count."""
    number = 0
    while not Path(os.environ["STOP_FILE"]).exists():
        yield number
        number += 1
        time.sleep(PAUSE_SECONDS)
    print(number)
