"""Work on the database that a process repeats in the background."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import NoReturn

from app.errors import Unavailable


async def repeat(
    work: Callable[[], Awaitable[object]], interval: float, log_defect: Callable[[], None]
) -> NoReturn:
    """Awaits `work` every `interval` seconds, until it is cancelled.

    It continues after each exception. The log has the cause of Unavailable already. Any other one
    is a defect, for which it calls `log_defect` in the handler.
    """
    while True:
        try:
            await work()
        except Unavailable:
            pass
        except Exception:
            log_defect()
        await asyncio.sleep(interval)
