"""The parameters and the result of `cypher/write/ingest.cypher`, for tests of the statement."""

import uuid

import msgspec

from app.domain.resolution import ResolutionLimits

WEIGHTS = {"email": 1.0, "phone": 0.9, "externalId": 0.8, "anonymousId": 0.5}
AT = [1777457672, 123456789]
LIMITS = msgspec.to_builtins(ResolutionLimits())


def row(customer=None, values=None, group=0, digest=None, **keys):
    """An event that carries the identifiers given as keywords."""
    name = uuid.uuid4().hex
    may_merge = "anonymousId" in keys and (customer or len(keys) > 1)
    return {
        "group": group,
        "id": f"evt_{name}",
        "digest": digest,
        "customer": customer,
        "newCustomer": f"cus_{name}",
        "identifierKeys": [{"kind": k, "value": v, "weight": WEIGHTS[k]} for k, v in keys.items()],
        "identifiers": [f"{kind}:{value}" for kind, value in keys.items()],
        "event": "page_viewed",
        "timestamp": "2026-04-29T10:14:32.123456789Z",
        "occurredAt": AT,
        "receivedAt": AT,
        "properties": "{}",
        "values": values or {},
        **({"merge": f"mrg_{name}"} if may_merge else {}),
    }


async def write(graph, *events, limits=LIMITS):
    """Runs the statement; a map of each event's outcome, in order."""
    (result,) = await graph.write(
        "ingest",
        batch={
            "named": [event for event in events if event["customer"]],
            "claims": [event for event in events if event["digest"]],
            "events": list(events),
        },
        limits=limits,
    )
    return [
        {
            "customerId": customer,
            "resolvedBy": resolved,
            "isReplay": is_replay,
            "unknown": None if customer else result["unknown"],
            "conflicts": None if customer else result["idempotencyConflicts"],
        }
        for customer, resolved, is_replay in result["outcomes"]
    ]
