"""Rejects: the records that an import could not keep, in a file of JSON lines."""

from collections.abc import Iterable
from pathlib import Path

import msgspec
from msgspec import Struct

from app.bulk.records import Record
from app.errors import FieldError, ServiceError


class Reject(Struct, frozen=True):
    """A record that is not stored: where it stands, why, and what it says."""

    file: str
    line: int
    code: str
    details: list[FieldError]
    record: str  # where it is not UTF-8, with \xNN


class Rejects:
    """The rejects file. It is made with the first reject, and added to from then on."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def known(self, file: str, after: int) -> set[int]:
        """The rejects of a file's lines after a line, as hashes of what is written of them.

        What a kill left of a line that was being written is taken back.
        """
        if not self.path.exists():
            return set()
        found: set[int] = set()
        with self.path.open("r+b") as lines:
            end = 0
            for line in lines:
                if not line.endswith(b"\n"):
                    lines.truncate(end)
                    break
                end += len(line)
                if _is_after(line, file, after):
                    found.add(hash(line))
        return found

    def add(
        self, file: str, rejected: Iterable[tuple[Record, ServiceError]], known: set[int]
    ) -> None:
        """Adds what is not `known`, in the order of the lines; written when it returns."""
        lines = [_line(file, *each) for each in sorted(rejected, key=lambda each: each[0].line)]
        new = [line for line in lines if hash(line) not in known]
        if new:
            with self.path.open("ab") as output:
                output.writelines(new)


def _line(file: str, record: Record, error: ServiceError) -> bytes:
    said = record.raw.decode("utf-8", "backslashreplace")
    details = error.details or [FieldError("", error.message)]
    reject = Reject(file, record.line, error.code, details, said)
    return msgspec.json.encode(reject) + b"\n"


def _is_after(line: bytes, file: str, after: int) -> bool:
    try:
        reject = msgspec.json.decode(line, type=Reject)
    except msgspec.DecodeError:  # it is somebody else's file, and stays as it is
        return False
    return reject.file == file and reject.line > after
