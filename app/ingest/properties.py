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
        "clockSkew",
        "properties",
        "payloadDigest",
        "sent",
        "survivor",
        "shared",
        "beyondLimit",
    }
)

# The types of decoded JSON are exact.
_CONTAINERS = {dict, list}
_ALWAYS_STORABLE = {str, float, bool}
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
    objects = [("", content)]
    unnamed: list[Any] = []  # lists, and all in them: their entries count, but have no name
    for _ in range(MAX_DEPTH):
        deeper: list[tuple[str, dict[str, Any]]] = []
        deeper_unnamed: list[Any] = []
        for prefix, members in objects:
            entries += len(members)
            for name, value in members.items():
                kind = type(value)
                if kind is dict:
                    deeper.append((f"{prefix}{name}.", value))
                    continue
                if kind is list:
                    deeper_unnamed.append(value)
                is_storable = kind in _ALWAYS_STORABLE or _is_storable(value)
                if is_storable and _is_name(path := prefix + name):
                    values.setdefault(path, value)
        for container in unnamed:
            entries += len(container) if type(container) is dict else 0
            deeper_unnamed += _containers(container)
        if entries > MAX_ENTRIES:
            raise ValueError(f"must have at most {MAX_ENTRIES} entries, including nested ones")
        if not deeper and not deeper_unnamed:
            return values
        objects, unnamed = deeper, deeper_unnamed
    raise ValueError(f"must be nested at most {MAX_DEPTH} levels deep")


def _containers(container: dict[str, Any] | list[Any]) -> list[Any]:
    items = container.values() if isinstance(container, dict) else container
    return [item for item in items if type(item) in _CONTAINERS]


def _is_name(name: str) -> bool:
    return 0 < len(name) <= MAX_NAME_LENGTH and "\0" not in name and name not in RESERVED_NAMES


def _is_storable(value: Any) -> bool:
    kind = type(value)
    if kind is list:
        kinds = {*map(type, value)}
        return len(kinds) <= 1 and not kinds & _CONTAINERS and all(map(_is_storable, value))
    if kind is int:
        return -(2**63) <= value < 2**63
    return kind in _ALWAYS_STORABLE
