"""Decoding: bodies, arguments and URL parameters, as the types of queries."""

import re
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Any, TypeVar

import msgspec
from msgspec import inspect
from msgspec.inspect import LiteralType, Metadata, StructType

from app.domain import validation
from app.domain.validation import REQUIRED, UNKNOWN_FIELD
from app.errors import FieldError

MAX_PATH_LENGTH = 100

T = TypeVar("T")

_AT = re.compile(r"(?P<message>.*) - at `\$\.?(?P<path>.*)`", re.DOTALL)
_UNKNOWN = re.compile(r"Object contains unknown field `(.*)`", re.DOTALL)
_MISSING = re.compile(r"Object missing required field `(.*)`", re.DOTALL)
_EXPECTED = re.compile(
    r"Expected `(?P<kinds>[a-z |]+)`"
    r"(?: (?:of length )?(?P<sign>[<>]=) (?P<bound>\d+)| matching regex '(?P<pattern>.*)')?"
    r"(?:, got `.*`)?"
)
_KINDS = {
    "array": "an array",
    "bool": "true or false",
    "float": "a number",
    "int": "an integer",
    "object": "an object",
    "str": "a string",
}
_INVALID_CHOICE = "Invalid enum value "
_NOT_BLANK = r"\\S"  # as msgspec quotes the pattern of a reason


def decode(body: bytes, kind: type[T], *, names_fields: bool = False) -> T:
    """Returns the query in a JSON body. Raises InvalidPayload with the field error.

    With `names_fields`, the error of an unknown field names a similar field, or else all fields.
    """
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.ValidationError as error:
        raise validation.invalid([_field_error(str(error), kind, names_fields)]) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise validation.invalid([FieldError("", f"must be JSON in UTF-8: {error}")]) from None


def convert(arguments: Mapping[str, Any], kind: type[T]) -> T:
    """Returns the query in named arguments. Raises InvalidPayload with the field error."""
    try:
        return msgspec.convert(arguments, kind)
    except msgspec.ValidationError as error:
        raise validation.invalid([_field_error(str(error), kind)]) from None


def from_parameters(parameters: Iterable[tuple[str, str]], kind: type[T], **fields: str) -> T:
    """Returns the query in the parameters of a URL, with other `fields` of it.

    Raises InvalidPayload with the field error.
    """
    values: dict[str, str] = {}
    for name, value in parameters:
        if name in values or name in fields:
            raise validation.invalid([FieldError(name, "must be sent once")])
        values[name] = value
    try:
        return msgspec.convert(values | fields, kind, strict=False)
    except msgspec.ValidationError as error:
        raise validation.invalid([_field_error(str(error), kind)]) from None


def _field_error(message: str, kind: type, names_fields: bool = False) -> FieldError:
    """The field error in a message of msgspec."""
    located = _AT.fullmatch(message)
    path, text = (located["path"], located["message"]) if located else ("", message)
    if missing := _MISSING.fullmatch(text):
        return FieldError(_path(path, missing[1]), REQUIRED)
    if unknown := _UNKNOWN.fullmatch(text):
        rule = _unknown(unknown[1], kind, names_fields and not path)
        return FieldError(_path(path, unknown[1]), rule)
    if choices := text.startswith(_INVALID_CHOICE) and _choices(kind, path):
        return FieldError(path, f"must be {' or '.join(choices)}")
    return FieldError(path[:MAX_PATH_LENGTH], _rule(text))


def _path(parent: str, name: str) -> str:
    return f"{parent}.{name}".lstrip(".")[:MAX_PATH_LENGTH]


def _unknown(name: str, kind: type, names_fields: bool) -> str:
    if not names_fields:
        return UNKNOWN_FIELD
    names = list(_fields(kind))
    if close := get_close_matches(name, names, n=1):
        return f"{UNKNOWN_FIELD}; did you mean {close[0]}?"
    return f"{UNKNOWN_FIELD}: {', '.join(names)}"


def _choices(kind: type, name: str) -> list[str]:
    """The values that a field may have; none if it takes others, too."""
    field = _fields(kind).get(name)
    return [str(value) for value in field.values] if isinstance(field, LiteralType) else []


def _fields(kind: type) -> dict[str, inspect.Type]:
    """The types of the fields of a query, without their limits, by name."""
    info = inspect.type_info(kind)
    fields = info.fields if isinstance(info, StructType) else ()
    types = {field.encode_name: field.type for field in fields}
    return {name: each.type if isinstance(each, Metadata) else each for name, each in types.items()}


def _rule(text: str) -> str:
    match = _EXPECTED.fullmatch(text)
    if not match:
        return f"must be valid: {text[:300]}"
    kinds = match["kinds"].split(" | ")
    rule = f"must be {' or '.join(_KINDS.get(kind, kind) for kind in kinds)}"
    if match["pattern"]:
        return f"{rule} that is not blank" if match["pattern"] == _NOT_BLANK else rule
    if not match["bound"]:
        return rule
    bound = "at least" if match["sign"] == ">=" else "at most"
    unit = {"array": " item", "str": " character"}.get(kinds[0], "")
    plural = "s" if unit and match["bound"] != "1" else ""
    return f"{rule} of {bound} {match['bound']}{unit}{plural}"
