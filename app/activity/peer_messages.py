"""Messages to the processes whose sockets are in one directory: a line each, until it is taken."""

import asyncio
import contextlib
from pathlib import Path

from app.activity import peer_directory

TIMEOUT_SECONDS = 0.5


async def tell(directory: Path, line: bytes) -> None:
    """Sends a line to each process, and waits until it has taken it. Raises OSError."""
    paths = peer_directory.sources(directory).values()
    results = await asyncio.gather(*(_send(path, line) for path in paths), return_exceptions=True)
    for error in filter(None, results):
        raise error


async def _send(path: Path, line: bytes) -> None:
    with contextlib.suppress(ConnectionRefusedError, FileNotFoundError):  # it was killed
        async with asyncio.timeout(TIMEOUT_SECONDS):
            reader, writer = await asyncio.open_unix_connection(path)
            try:
                writer.write(line)
                await reader.read()
            finally:
                writer.close()
