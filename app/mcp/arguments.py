"""The arguments of a tool, as the types of queries."""

import json
from collections.abc import Mapping
from typing import Any, TypeVar

from app.domain.validation import invalid
from app.errors import FieldError, PayloadTooLarge
from app.http import decoding
from app.http.body import MAX_BODY_BYTES

T = TypeVar("T")


def decode(arguments: Mapping[str, Any], kind: type[T]) -> T:
    """Returns the arguments as a query. Raises InvalidPayload or PayloadTooLarge."""
    return decoding.decode(encode(arguments), kind, names_fields=True)


def encode(arguments: Mapping[str, Any]) -> bytes:
    """Returns the arguments as JSON. Raises InvalidPayload or PayloadTooLarge."""
    # Python's encoder: that of msgspec fails at integers over 64 bits, and turns NaN into null.
    try:
        body = json.dumps(
            arguments, ensure_ascii=False, allow_nan=False, separators=(",", ":")
        ).encode()
    except (ValueError, RecursionError) as error:
        detail = FieldError("", f"must be JSON in UTF-8: {error}")
        raise invalid([detail]) from None
    if len(body) > MAX_BODY_BYTES:
        raise PayloadTooLarge(
            f"The arguments exceed {MAX_BODY_BYTES // 1024**2} MiB. Send fewer events per call."
        )
    return body
