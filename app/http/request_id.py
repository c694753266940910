"""The request ID: the caller's own or a new one, for the response and for the log."""

import itertools
import re
import secrets
from collections.abc import MutableMapping
from typing import Any

from starlette.datastructures import Headers

_STATE_KEY = "request_id"  # in a request's state
_PROCESS = secrets.token_hex(8)
_numbers = itertools.count(1)
_VALID_ID = re.compile(r"[0-9A-Za-z._-]{1,128}", re.ASCII)


def request_id(scope: MutableMapping[str, Any]) -> str:
    """The ID of the request in an ASGI scope, the same one on each call.

    The caller's own is used if it is up to 128 letters, digits and `._-`.
    """
    state = scope.setdefault("state", {})
    if _STATE_KEY not in state:
        values = Headers(raw=scope["headers"]).getlist("x-request-id")
        is_valid = len(values) == 1 and _VALID_ID.fullmatch(values[0])
        state[_STATE_KEY] = values[0] if is_valid else f"req_{_PROCESS}{next(_numbers):x}"
    return state[_STATE_KEY]
