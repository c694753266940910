"""Bodies: the content of requests in a file, written once and sent by all loads in turn."""

from array import array
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import count, islice
from pathlib import Path
from typing import Any

import msgspec

from bench.workload import TAG

MAX_PASSES = 100  # over one file

_first_tags = count(MAX_PASSES, MAX_PASSES)


@dataclass(frozen=True)
class Position:
    """The next body of a file: its byte, and the tag of the new people in it."""

    byte: int
    tag: int


class Bodies:
    """A file with a body a line. Each load continues after the last body that another one sent.

    After the last line follows the first one, with other new people: each pass replaces TAG by a
    number of its own.
    """

    def __init__(self, file: Path, contents: Iterable[Any], size: int) -> None:
        self.file = file
        self._line = 0
        self._tag = next(_first_tags)
        self._starts = array("Q")
        start = 0
        with file.open("wb") as output:
            for content in islice(contents, size):
                self._starts.append(start)
                start += output.write(msgspec.json.encode(content) + b"\n")

    @property
    def position(self) -> Position:
        """The position of the next body."""
        return Position(self._starts[self._line], self._tag)

    def advance(self, bodies: int) -> None:
        """Passes over this number of bodies, because they were sent."""
        passes, self._line = divmod(self._line + bodies, len(self._starts))
        self._tag += passes
        if passes and self._tag % MAX_PASSES < passes:
            raise RuntimeError(f"{self.file} was sent {MAX_PASSES} times: its people are not new")

    def take(self, bodies: int) -> list[bytes]:
        """The next bodies, over which it passes."""
        taken: list[bytes] = []
        with self.file.open("rb") as lines:
            while len(taken) < bodies:
                position = self.position
                lines.seek(position.byte)
                part = list(islice(lines, bodies - len(taken)))
                tag = f"{position.tag:04}".encode()
                taken += [line.rstrip().replace(TAG.encode(), tag) for line in part]
                self.advance(len(part))
        return taken
