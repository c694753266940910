"""Windows: the parts of a file between two checkpoints of an import."""

import asyncio
from collections.abc import AsyncIterator, Iterator

from msgspec import Struct

from app.bulk.checkpoint import Checkpoint
from app.bulk.records import Record
from app.bulk.source import Lines, SourceError, SourceRejected

# A window is in memory, and after a kill it may be written again.
MAX_WINDOW_ROWS = 10_000
MAX_WINDOW_BYTES = 32 * 1024 * 1024
# Parsing blocks the event loop, and so the writers, for at most this number of records.
RECORDS_PER_SLICE = 50


class Window(Struct, frozen=True):
    """Records, and the position in the file after them: lines, their digest, and bytes."""

    records: list[Record]
    line: int
    digest: str
    position: int


def skip(lines: Lines, start: Checkpoint) -> None:
    """Reads up to a checkpoint. Raises SourceRejected if the lines before it differ."""
    lines.skip(start.line)
    if start.line and (lines.count, lines.digest) != (start.line, start.digest):
        raise SourceRejected(
            f"its first {start.line} lines differ from those imported under this name: "
            "set another --name, or --restart to import from the first line"
        )


async def split(records: Iterator[Record], lines: Lines) -> AsyncIterator[Window]:
    """Yields the records of lines in windows, and lets other tasks run while it reads.

    Raises SourceError after the window with all records before the error.
    """
    window: list[Record] = []
    window_bytes = 0
    source_error: SourceError | None = None
    try:
        for record in records:
            window.append(record)
            window_bytes += len(record.raw)
            if len(window) % RECORDS_PER_SLICE == 0:
                await asyncio.sleep(0)
            if len(window) == MAX_WINDOW_ROWS or window_bytes >= MAX_WINDOW_BYTES:
                yield Window(window, lines.count, lines.digest, lines.position)
                window, window_bytes = [], 0
    except SourceError as error:
        source_error = error
    if window:
        yield Window(window, lines.count, lines.digest, lines.position)
    if source_error:
        raise source_error
