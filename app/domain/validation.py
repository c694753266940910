"""Validation of the fields of an object, which may be absent or blank, and their errors."""

from collections.abc import Callable
from typing import TypeVar

from app.errors import FieldError, InvalidPayload

T = TypeVar("T")

REQUIRED = "must be present"
UNKNOWN_FIELD = "must be a known field"


class FieldErrors:
    """Collects the field errors of an object. `prefix` begins their paths: `events[3].`."""

    __slots__ = ("_prefix", "items")

    def __init__(self, prefix: str = "") -> None:
        self._prefix = prefix
        self.items: list[FieldError] = []

    def add(self, field: str, message: str) -> None:
        """Adds an error of a field, or of the object itself if the field has no name."""
        path = self._prefix + field if field else self._prefix.removesuffix(".")
        self.items.append(FieldError(path, message))

    def parse(self, text: str | None, field: str, parse: Callable[[str], T]) -> T | None:
        """Returns the value of a field; None if it is absent, blank, or `parse` rejects it."""
        if not text or text.isspace():
            return None
        try:
            return parse(text)
        except ValueError as error:
            self.add(field, str(error))
            return None

    def raise_any(self) -> None:
        """Raises InvalidPayload with all errors, if there are any."""
        if self.items:
            raise invalid(self.items)


def parse_field(text: str, field: str, parse: Callable[[str], T]) -> T:
    """Returns the value of one field. Raises InvalidPayload if `parse` raises ValueError."""
    try:
        return parse(text)
    except ValueError as error:
        raise invalid([FieldError(field, str(error))]) from None


def invalid(errors: list[FieldError], outcome: str = "") -> InvalidPayload:
    """Returns the error of a request with these field errors. `outcome` is a sentence to append."""
    count = f"{len(errors)} validation errors" if len(errors) > 1 else "1 validation error"
    return InvalidPayload(f"{count}. {outcome}".strip(), errors)
