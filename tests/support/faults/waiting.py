"""Waiting: looks again and again until something is so."""

import asyncio
import inspect
import time


async def until(condition, seconds):
    """The first true value of `condition`, which may have to be awaited. Raises TimeoutError."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if inspect.isawaitable(value):
            value = await value
        if value:
            return value
        if time.monotonic() > deadline:
            raise TimeoutError("it did not come true")
        await asyncio.sleep(0.02)
