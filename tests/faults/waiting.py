"""Waiting: looks again and again until something is so."""

import asyncio
import time


async def until(condition, seconds):
    """The first true value of `condition`. Raises TimeoutError."""
    deadline = time.monotonic() + seconds
    while True:
        if value := condition():
            return value
        if time.monotonic() > deadline:
            raise TimeoutError("it did not come true")
        await asyncio.sleep(0.02)
