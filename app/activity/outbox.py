"""The outbox: the messages with entries that wait to be published, within bounds."""

import asyncio
from collections import deque
from collections.abc import Iterable

from app.activity.record import Entry

MAX_MESSAGES = 200
MAX_MESSAGE_BYTES = 1024 * 1024


class Outbox:
    """Keeps the last messages, each with the lines of some entries."""

    def __init__(self) -> None:
        self._messages: deque[bytes] = deque(maxlen=MAX_MESSAGES)
        self._has_messages = asyncio.Event()

    def put(self, entries: Iterable[Entry]) -> None:
        """Adds entries."""
        lines: list[bytes] = []
        size = 0
        for entry in entries:
            lines.append(entry.data)
            size += len(entry.data)
            if size > MAX_MESSAGE_BYTES:
                self._add(lines)
                lines, size = [], 0
        if lines:
            self._add(lines)

    async def wait(self) -> None:
        """Waits until there are messages."""
        await self._has_messages.wait()

    def take(self) -> bytes | None:
        """Returns the first message, and removes it; None if there is none."""
        if self._messages:
            return self._messages.popleft()
        self._has_messages.clear()
        return None

    def clear(self) -> None:
        """Removes all messages. Readers notice from the numbers that entries are missing."""
        self._messages.clear()

    def _add(self, lines: list[bytes]) -> None:
        self._messages.append(b"\n".join(lines))
        self._has_messages.set()
