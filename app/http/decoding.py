"""Decoding: bodies, arguments and URL parameters, as the types of queries."""

import re
from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

import msgspec

from app.domain import validation
from app.errors import FieldError

T = TypeVar("T")

_AT = re.compile(r"(?P<message>.*) - at `\$\.?(?P<path>.*)`", re.DOTALL)
_UNKNOWN = re.compile(r"Object contains unknown field `(?P<path>.*)`", re.DOTALL)


def decode(body: bytes, kind: type[T]) -> T:
    """The query in a JSON body. Raises InvalidPayload, which names the error."""
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.ValidationError as error:
        raise validation.invalid([_field_error(str(error))]) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise validation.invalid([FieldError("", f"is not JSON in UTF-8: {error}")]) from None


def convert(arguments: Mapping[str, Any], kind: type[T]) -> T:
    """The query in arguments by name. Raises InvalidPayload, which names the error."""
    try:
        return msgspec.convert(arguments, kind)
    except msgspec.ValidationError as error:
        raise validation.invalid([_field_error(str(error))]) from None


def from_parameters(parameters: Iterable[tuple[str, str]], kind: type[T], **fields: str) -> T:
    """The query in the parameters of a URL, with other `fields` of it.

    Raises InvalidPayload, which names the error.
    """
    values: dict[str, str] = {}
    for name, value in parameters:
        if name in values or name in fields:
            raise validation.invalid([FieldError(name, "must come once")])
        values[name] = value
    try:
        return msgspec.convert(values | fields, kind, strict=False)
    except msgspec.ValidationError as error:
        raise validation.invalid([_field_error(str(error))]) from None


def _field_error(message: str) -> FieldError:
    if match := _AT.fullmatch(message):
        return FieldError(match["path"][:100], _describe(match["message"]))
    if match := _UNKNOWN.fullmatch(message):
        return FieldError(match["path"][:100], "is not a field")
    return FieldError("", _describe(message))


def _describe(message: str) -> str:
    return f"is wrong: {message[:1].lower()}{message[1:300]}"
