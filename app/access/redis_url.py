"""The storage's URL: where the Redis or Valkey is that instances share, and how long to wait."""

import re
from typing import Any

PATIENCE = 0.1  # seconds that a request waits, unless the URL has a socket_timeout

_FORM = re.compile(
    r"(?:(?:redis|valkey)s?://(?:[^\s/?#@]*@)?(?:\[[0-9A-Fa-f:.]+\]|[^\s/?#@:\[\]]+)(?::\d+)?"
    r"(?:/\d*)?|unix://(?:[^\s/?#@]*@)?/[^\s?#]+)(?:\?[^\s#]*)?"
)
_FAULT = (
    "must be redis://, rediss://, valkey:// or valkeys:// with user:password@host:port/database, "
    "or unix:// with a path; special characters in a password must be percent-encoded"
)


def parse(url: str) -> tuple[float, dict[str, Any]]:
    """How many seconds a request waits for the storage, and what its client is made with.

    Raises ValueError; the message repeats nothing of the URL, which may have a password.
    """
    from redis.asyncio.connection import Connection, parse_url  # noqa: PLC0415 - the extra
    from redis.asyncio.retry import Retry  # noqa: PLC0415
    from redis.backoff import NoBackoff  # noqa: PLC0415

    if not _FORM.fullmatch(url):
        raise ValueError(_FAULT)
    options: dict[str, Any] = {
        "connection_class": Connection,
        "protocol": 2,  # which every server knows
        "driver_info": None,
        "retry": Retry(NoBackoff(), 0),  # a repeat might count twice
    }
    try:
        # Valkey speaks Redis's protocol.
        options |= dict(parse_url(re.sub("^valkey", "redis", url)))
        patience = options.pop("socket_timeout", PATIENCE)
        # One clock for a whole question is cheaper than the client's for each of its parts.
        options |= {"socket_timeout": None, "socket_connect_timeout": None}
        _try(**options)
    except (TypeError, ValueError):
        raise ValueError(_FAULT) from None
    if not patience > 0:
        raise ValueError("socket_timeout must be above 0 seconds")
    return patience, options


def _try(connection_class: Any, **options: Any) -> None:
    connection_class(**options)  # which connects when it is first used
