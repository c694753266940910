"""Validation: a field that may be absent or blank, and else is parsed, and the error of faults."""

from collections.abc import Callable
from typing import TypeVar

from app.errors import FieldError, InvalidPayload

T = TypeVar("T")


def read(
    text: str | None, path: str, parse: Callable[[str], T], faults: list[FieldError]
) -> T | None:
    """What a text says, or None where it is absent or blank; a fault is added to `faults`."""
    if not text or text.isspace():
        return None
    try:
        return parse(text)
    except ValueError as error:
        faults.append(FieldError(path, str(error)))
        return None


def invalid(faults: list[FieldError]) -> InvalidPayload:
    """The error that names these faults of a query."""
    count = f"{len(faults)} faults" if len(faults) > 1 else "1 fault"
    return InvalidPayload(f"{count} in the query", faults)
