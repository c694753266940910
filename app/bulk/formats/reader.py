"""Readers: the format of a file, its records, and the ID of its import."""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import PurePath

import msgspec

from app.bulk import source
from app.bulk.formats import csv_format, jsonl, segment
from app.bulk.records import RawRecord
from app.bulk.source import Lines
from app.domain import idempotency

JSON_LINES, CSV, SEGMENT = "jsonl", "csv", "segment"
FORMATS = (JSON_LINES, CSV, SEGMENT)

Reader = Callable[[Lines], Iterator[RawRecord]]


def format_of(path: str) -> str:
    """The format of a file by its extension: CSV for .csv, otherwise JSON Lines."""
    name = path.lower().removesuffix(".gz").removesuffix(".zst")
    return CSV if name.endswith(".csv") else JSON_LINES


def reader_for(format: str, key_field: str | None) -> Reader:  # noqa: A002
    """The reader of a format. `key_field` is the field or column of the idempotency keys."""
    if format == CSV:
        return partial(csv_format.read, key_column=key_field)
    if format == SEGMENT:
        return partial(jsonl.read, to_event=segment.event)
    if key_field:
        return partial(jsonl.read, to_event=partial(jsonl.with_key_from, field=key_field))
    return partial(jsonl.read, to_event=jsonl.unchanged)


def require_readable(path: str, format: str, key_field: str | None) -> None:  # noqa: A002
    """Opens a file, and reads the header row of a CSV file.

    Raises SourceError if it cannot be read, SourceRejected if the header is invalid.
    """
    with source.open_lines(path) as lines:
        if format == CSV:
            csv_format.require_header(lines, key_field)


def import_id(path: str, name: str | None, format: str, key_field: str | None) -> str | None:  # noqa: A002
    """The ID by which a repeated import resumes: 32 hexadecimal digits.

    It is a digest of the name (or of the file's content if there is no name) and of the options
    that change the events. Standard input without a name has none. Raises SourceError.
    """
    if name is None and path == source.STDIN:
        return None
    subject = ["name", name] if name else ["content", source.digest(path)]
    return idempotency.digest(msgspec.json.encode([*subject, format, key_field]))


def display_name(path: str) -> str:
    """The name of a file in messages."""
    return "standard input" if path == source.STDIN else PurePath(path).name
