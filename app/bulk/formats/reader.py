"""Formats: how the records of a file are read, and by what a file is known."""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import PurePath

import msgspec

from app.bulk import source
from app.bulk.formats import csv_format, jsonl, segment
from app.bulk.records import Text
from app.bulk.source import Lines
from app.domain import idempotency

JSON_LINES, CSV, SEGMENT = "jsonl", "csv", "segment"
FORMATS = (JSON_LINES, CSV, SEGMENT)

Reader = Callable[[Lines], Iterator[Text]]


def of(path: str) -> str:
    """The format of a file by the end of its name: CSV, or else JSON lines."""
    name = path.lower().removesuffix(".gz").removesuffix(".zst")
    return CSV if name.endswith(".csv") else JSON_LINES


def reader(name: str, key: str | None) -> Reader:
    """What reads the records of a format, where `key` is the field of the idempotency keys."""
    if name == CSV:
        return partial(csv_format.texts, key=key)
    if name == SEGMENT:
        return partial(jsonl.texts, translate=segment.event)
    translate = partial(jsonl.keyed, field=key) if key else jsonl.unchanged
    return partial(jsonl.texts, translate=translate)


def identity(path: str, name: str | None, format: str, key: str | None) -> str | None:  # noqa: A002
    """What an import is known by when it is run again: 32 digits.

    It follows from the name that the caller gives, or else from all that is in the file, and
    from how it is read. Standard input without a name has none. Raises SourceError.
    """
    if name is None and path == source.STDIN:
        return None
    what = ["name", name] if name else ["content", source.digest(path)]
    return idempotency.digest(msgspec.json.encode([*what, format, key]))


def title(path: str) -> str:
    """What a person calls a file."""
    return "standard input" if path == source.STDIN else PurePath(path).name
