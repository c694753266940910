"""Sources: files and standard input, uncompressed or compressed, line by line."""

import contextlib
import gzip
import hashlib
import io
import sys
import zlib
from collections.abc import Callable, Iterator
from typing import BinaryIO

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

STDIN = "-"
MAX_LINE_BYTES = 512 * 1024  # every valid event is shorter
CHUNK_BYTES = 64 * 1024

_GZIP, _ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"


class SourceError(Exception):
    """A source cannot be read. The message has the reason."""


class SourceRejected(SourceError):
    """A source cannot be imported with these options. No event of it was stored."""


class Lines:
    """The lines of a stream with their ends, counted, with a digest of all lines so far.

    A line of more than MAX_LINE_BYTES is truncated to MAX_LINE_BYTES + 1.
    """

    def __init__(self, stream: BinaryIO, tell_position: Callable[[], int]) -> None:
        self._stream = stream
        self._tell_position = tell_position
        self._hash = hashlib.blake2b(digest_size=16)
        self.count = 0

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        try:
            line = self._read()
        except (EOFError, OSError, zlib.error, zstd.ZstdError) as error:
            raise SourceError(f"after line {self.count}: {error}") from error
        if not line:
            raise StopIteration
        self.count += 1
        return line

    @property
    def digest(self) -> str:
        """The digest of the lines read so far, as hexadecimal."""
        return self._hash.hexdigest()

    @property
    def position(self) -> int:
        """The number of bytes read from the file, before decompression."""
        return self._tell_position()

    def skip(self, count: int) -> None:
        """Reads on to line `count` or the end."""
        while self.count < count and next(self, None) is not None:
            pass

    def _read(self) -> bytes:
        line = piece = self._stream.readline(MAX_LINE_BYTES + 1)
        self._hash.update(piece)
        while len(line) > MAX_LINE_BYTES and piece and not piece.endswith(b"\n"):
            piece = self._stream.readline(CHUNK_BYTES)
            self._hash.update(piece)
        return line


def digest(path: str) -> str:
    """Returns a digest of all lines of a file, independent of its name and compression.

    Raises SourceError if it cannot be read to its end.
    """
    with open_lines(path) as lines:
        for _ in lines:
            pass
        return lines.digest


@contextlib.contextmanager
def open_lines(path: str) -> Iterator[Lines]:
    """The lines of a file, or of standard input for `-`. Raises SourceError."""
    if path == STDIN:
        yield Lines(_decompressed(sys.stdin.buffer), lambda: 0)
        return
    try:
        file = open(path, "rb")  # noqa: SIM115 - closed below, outside of this try
    except OSError as error:
        raise SourceError(str(error)) from error
    with file:
        yield Lines(_decompressed(file), file.tell)


def _decompressed(file: BinaryIO) -> BinaryIO:
    beginning = file.peek(4) if isinstance(file, io.BufferedReader) else b""
    if beginning.startswith(_GZIP):
        return io.BufferedReader(gzip.GzipFile(fileobj=file), CHUNK_BYTES)  # type: ignore[arg-type]
    if beginning.startswith(_ZSTD):
        return io.BufferedReader(zstd.ZstdFile(file), CHUNK_BYTES)  # type: ignore[arg-type]
    return file
