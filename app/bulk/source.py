"""A source: a file or standard input, plain or compressed, line by line."""

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
LINE = 512 * 1024  # bytes; no event that can be kept is longer
CHUNK = 64 * 1024

_GZIP, _ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"


class SourceError(Exception):
    """A source that cannot be read; the message says why."""


class SourceRefused(SourceError):
    """A source that cannot be imported as it was asked for; nothing of it was written."""


class Lines:
    """The lines of a stream with their ends, counted, with a digest of all so far.

    Of a line longer than `LINE`, only the first `LINE` + 1 bytes are given.
    """

    def __init__(self, stream: BinaryIO, tell: Callable[[], int]) -> None:
        self._stream = stream
        self._tell = tell
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
        """What tells these lines from others, as hexadecimal."""
        return self._hash.hexdigest()

    @property
    def position(self) -> int:
        """How many bytes of the file were read, compressed as they are."""
        return self._tell()

    def skip(self, count: int) -> None:
        """Reads on until so many lines were read, or until there are no more."""
        while self.count < count and next(self, None) is not None:
            pass

    def _read(self) -> bytes:
        line = piece = self._stream.readline(LINE + 1)
        self._hash.update(piece)
        while len(line) > LINE and piece and not piece.endswith(b"\n"):
            piece = self._stream.readline(CHUNK)
            self._hash.update(piece)
        return line


def digest(path: str) -> str:
    """What identifies a file whatever its name and compression: a digest of all its lines.

    Raises SourceError where it cannot be read to its end.
    """
    with opened(path) as lines:
        for _ in lines:
            pass
        return lines.digest


@contextlib.contextmanager
def opened(path: str) -> Iterator[Lines]:
    """The lines of a file, or of standard input for `-`. Raises SourceError."""
    if path == STDIN:
        yield Lines(_decompressed(sys.stdin.buffer), lambda: 0)
        return
    try:
        file = open(path, "rb")  # noqa: SIM115 - closed below, and the error is told apart
    except OSError as error:
        raise SourceError(str(error)) from error
    with file:
        yield Lines(_decompressed(file), file.tell)


def _decompressed(file: BinaryIO) -> BinaryIO:
    beginning = file.peek(4) if isinstance(file, io.BufferedReader) else b""
    if beginning.startswith(_GZIP):
        return io.BufferedReader(gzip.GzipFile(fileobj=file), CHUNK)  # type: ignore[arg-type]
    if beginning.startswith(_ZSTD):
        return io.BufferedReader(zstd.ZstdFile(file), CHUNK)  # type: ignore[arg-type]
    return file
