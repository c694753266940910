"""The fair lock: one holder at a time, in turns between flows."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

from app.ingest.fair_queue import FairQueue


class FairLock:
    """Runs one piece of work at a time, so that the event loop serves others in between.

    Waiting flows take turns, by the cost of their work.
    """

    def __init__(self) -> None:
        self._is_held = False
        self._queue: FairQueue[asyncio.Future[None]] = FairQueue()

    @contextlib.asynccontextmanager
    async def held(self, flow: str, cost: int) -> AsyncIterator[None]:
        """Holds the lock, for work of a flow."""
        if self._is_held:
            turn = asyncio.get_running_loop().create_future()
            self._queue.push(flow, cost, turn)
            try:
                await turn
            except asyncio.CancelledError:
                if turn.done() and not turn.cancelled():
                    self._release()
                raise
        self._is_held = True
        try:
            yield
            await asyncio.sleep(0)  # serves others before the next holder
        finally:
            self._release()

    def _release(self) -> None:
        while self._queue:
            turn = self._queue.pop()
            if not turn.done():
                turn.set_result(None)  # stays held, by the next turn
                return
        self._is_held = False
