"""The properties of an event, stored as exact JSON text and as values that Neo4j supports."""

from typing import Any

import msgspec

MAX_BYTES = 64 * 1024
MAX_ENTRIES = 255
MAX_DEPTH = 16
MAX_NAME_LENGTH = 255

# Properties that the service sets on a Touchpoint. An event's own ones of such a name are in the
# text only.
RESERVED_NAMES = frozenset(
    {
        "id",
        "customerId",
        "event",
        "timestamp",
        "occurredAt",
        "receivedAt",
        "resolvedBy",
        "identifiers",
        "ignored",
        "properties",
        "payloadDigest",
        "sent",
        "survivor",
        "shared",
        "beyondLimit",
    }
)

_decoder = msgspec.json.Decoder(dict[str, Any])


def parse(raw: bytes) -> tuple[str, dict[str, Any]]:
    """Returns the exact JSON text of an object, and its values by their names on a node.

    The name of a nested value is its path (`utm.source`). If two have the same name, the shallower
    one is used. The values exclude null, mixed or nested lists, integers beyond 64 bits, and names
    that are empty, too long or reserved. The text has all of them. Raises ValueError with a
    message for the client.
    """
    if len(raw) > MAX_BYTES:
        raise ValueError(f"must be at most {MAX_BYTES // 1024} KiB of JSON")
    try:
        content = _decoder.decode(raw)
    except RecursionError:
        raise ValueError(f"must be nested at most {MAX_DEPTH} levels deep") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        if not raw.lstrip().startswith(b"{"):
            raise ValueError("must be an object") from None
        raise ValueError(f"must be JSON in UTF-8: {error}") from None
    return raw.decode(), _values(content)


def _values(content: dict[str, Any]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    entries = 0
    # The entries in a list count, but have no name of their own.
    level: list[tuple[str | None, dict[str, Any] | list[Any]]] = [("", content)]
    for _ in range(MAX_DEPTH):
        deeper: list[tuple[str | None, dict[str, Any] | list[Any]]] = []
        for prefix, container in level:
            if isinstance(container, list):
                deeper += [(None, item) for item in container if isinstance(item, dict | list)]
                continue
            entries += len(container)
            for name, value in container.items():
                path = None if prefix is None else prefix + name
                if isinstance(value, dict):
                    deeper.append((None if path is None else f"{path}.", value))
                    continue
                if isinstance(value, list):
                    deeper.append((None, value))
                if path is not None and _is_name(path) and _is_storable(value):
                    values.setdefault(path, value)
        if entries > MAX_ENTRIES:
            raise ValueError(f"must have at most {MAX_ENTRIES} entries, including nested ones")
        if not deeper:
            return values
        level = deeper
    raise ValueError(f"must be nested at most {MAX_DEPTH} levels deep")


def _is_name(name: str) -> bool:
    return 0 < len(name) <= MAX_NAME_LENGTH and "\0" not in name and name not in RESERVED_NAMES


def _is_storable(value: Any) -> bool:
    if isinstance(value, list):
        kinds = {type(item) for item in value}
        return len(kinds) <= 1 and not kinds & {list, dict} and all(map(_is_storable, value))
    if isinstance(value, int):
        return -(2**63) <= value < 2**63
    return isinstance(value, str | float)
