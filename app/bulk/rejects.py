"""The rejects file: the rejected records of imports, as JSON Lines."""

from collections.abc import Iterable
from pathlib import Path

import msgspec
from msgspec import Struct

from app.bulk.records import Record
from app.errors import FieldError, ServiceError


class RejectedLine(Struct, frozen=True):
    """A line of the rejects file: the file and line of a record, the error, and its text."""

    file: str
    line: int
    code: str
    details: list[FieldError]
    record: str  # bytes that are not UTF-8 are \xNN


class RejectsFile:
    """Appends rejected records to a file. The first one creates it."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def recover(self, file: str, after: int) -> set[int]:
        """Returns the hashes of the lines about records of `file` after the line `after`.

        Removes an incomplete last line, which remains if an import is killed.
        """
        if not self.path.exists():
            return set()
        hashes: set[int] = set()
        with self.path.open("r+b") as lines:
            end = 0
            for line in lines:
                if not line.endswith(b"\n"):
                    lines.truncate(end)
                    break
                end += len(line)
                if _is_after(line, file, after):
                    hashes.add(hash(line))
        return hashes

    def append(
        self, file: str, rejected: Iterable[tuple[Record, ServiceError]], known: set[int]
    ) -> None:
        """Appends rejected records in the order of their lines, without those in `known`."""
        in_order = sorted(rejected, key=lambda record_and_error: record_and_error[0].line)
        lines = [_line(file, record, error) for record, error in in_order]
        new = [line for line in lines if hash(line) not in known]
        if new:
            with self.path.open("ab") as output:
                output.writelines(new)


def _line(file: str, record: Record, error: ServiceError) -> bytes:
    text = record.raw.decode("utf-8", "backslashreplace")
    details = error.details or [FieldError("", error.message)]
    rejected = RejectedLine(file, record.line, error.code, details, text)
    return msgspec.json.encode(rejected) + b"\n"


def _is_after(line: bytes, file: str, after: int) -> bool:
    try:
        rejected = msgspec.json.decode(line, type=RejectedLine)
    except msgspec.DecodeError:  # not written by an import: leave it unchanged
        return False
    return rejected.file == file and rejected.line > after
