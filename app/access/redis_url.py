"""The URL of the Redis or Valkey that instances share for rate limits."""

import re
from typing import Any

DEFAULT_TIMEOUT_SECONDS = 0.1  # that a request waits, unless the URL has a socket_timeout

_FORM = re.compile(
    r"(?:(?:redis|valkey)s?://(?:[^\s/?#@]*@)?(?:\[[0-9A-Fa-f:.]+\]|[^\s/?#@:\[\]]+)(?::\d+)?"
    r"(?:/\d*)?|unix://(?:[^\s/?#@]*@)?/[^\s?#]+)(?:\?[^\s#]*)?"
)
_FORM_ERROR = (
    "must be redis://, rediss://, valkey:// or valkeys:// with user:password@host:port/database, "
    "or unix:// with a path; special characters in a password must be percent-encoded"
)


def parse(url: str) -> tuple[float, dict[str, Any]]:
    """Returns how many seconds a request waits for Redis, and the arguments of its client.

    Raises ValueError; its message contains no part of the URL, which may have a password.
    """
    from redis.asyncio.connection import Connection, parse_url  # noqa: PLC0415 - the extra
    from redis.asyncio.retry import Retry  # noqa: PLC0415
    from redis.backoff import NoBackoff  # noqa: PLC0415

    if not _FORM.fullmatch(url):
        raise ValueError(_FORM_ERROR)
    options: dict[str, Any] = {
        "connection_class": Connection,
        "protocol": 2,  # which every server knows
        "driver_info": None,
        "retry": Retry(NoBackoff(), 0),  # a repeat might count twice
    }
    try:
        # Valkey has the protocol of Redis.
        options |= dict(parse_url(re.sub("^valkey", "redis", url)))
        timeout = options.pop("socket_timeout", DEFAULT_TIMEOUT_SECONDS)
        # One timeout of a whole call is cheaper than the timeouts of the client for each part.
        options |= {"socket_timeout": None, "socket_connect_timeout": None}
        _construct(**options)
    except (TypeError, ValueError):
        raise ValueError(_FORM_ERROR) from None
    if not timeout > 0:
        raise ValueError("socket_timeout must be above 0 seconds")
    return timeout, options


def _construct(connection_class: Any, **options: Any) -> None:
    connection_class(**options)  # it connects on its first use
