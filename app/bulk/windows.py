"""Windows: the part of a file that an import takes from one checkpoint to the next."""

import asyncio
from collections.abc import AsyncIterator, Iterator

from msgspec import Struct

from app.bulk.checkpoint import Checkpoint
from app.bulk.records import Record
from app.bulk.source import Lines, SourceError, SourceRefused

# What is held in memory, and may be written again after a kill.
ROWS, SIZE = 10_000, 32 * 1024 * 1024  # bytes
SLICE = 50  # records that are read while the writers' answers wait


class Window(Struct, frozen=True):
    """Records, and how far the file was read with them: lines, their digest, and bytes."""

    records: list[Record]
    line: int
    digest: str
    position: int


def skip(lines: Lines, start: Checkpoint) -> None:
    """Reads past what is done. Raises SourceRefused where that is not what the lines say."""
    lines.skip(start.line)
    if start.line and (lines.count, lines.digest) != (start.line, start.digest):
        raise SourceRefused(
            f"its first {start.line} lines are not those that were imported under this name: "
            "give it another --name, or --restart to go through all of it again"
        )


async def windows(found: Iterator[Record], lines: Lines) -> AsyncIterator[Window]:
    """The records of lines, some thousands at a time; others run while they are read.

    Raises SourceError, after all that came before.
    """
    window: list[Record] = []
    size = 0
    broken: SourceError | None = None
    try:
        for record in found:
            window.append(record)
            size += len(record.raw)
            if len(window) % SLICE == 0:
                await asyncio.sleep(0)
            if len(window) == ROWS or size >= SIZE:
                yield Window(window, lines.count, lines.digest, lines.position)
                window, size = [], 0
    except SourceError as error:
        broken = error
    if window:
        yield Window(window, lines.count, lines.digest, lines.position)
    if broken:
        raise broken
