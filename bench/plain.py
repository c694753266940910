"""Plain rows: the parameters of plain.cypher for events."""

from typing import Any
from uuid import uuid4

import msgspec

from app.domain import identifiers

_NORMALISE = {
    "email": identifiers.email,
    "phone": identifiers.phone,
    "externalId": identifiers.external_id,
}


def row(event: dict[str, Any]) -> dict[str, Any]:
    """The row of an event."""
    present = [normalise(event[kind]) for kind, normalise in _NORMALISE.items() if kind in event]
    return {
        "id": f"evt_{uuid4().hex}",
        "newCustomer": f"cus_{uuid4().hex}",
        "event": event["event"],
        "timestamp": event["timestamp"],
        "identifiers": [msgspec.structs.asdict(identifier) for identifier in present],
        "properties": msgspec.json.encode(event["properties"]).decode(),
        "values": flatten(event["properties"]),
    }


def flatten(properties: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """The properties with those of nested objects by their paths, because a node has no maps."""
    values: dict[str, Any] = {}
    for name, value in properties.items():
        if isinstance(value, dict):
            values |= flatten(value, f"{prefix}{name}.")
        else:
            values[prefix + name] = value
    return values
