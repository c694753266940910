"""The baseline: a typical service with FastAPI, pydantic and one query per request."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import msgspec
import phonenumbers
from fastapi import FastAPI
from neo4j import AsyncDriver, AsyncGraphDatabase
from pydantic import AwareDatetime, BaseModel, EmailStr

from app.domain.resolution import ResolutionLimits
from app.graph import statements
from bench.plain import flatten

STATEMENT: Any = statements.load("write")["ingest"].text
LIMITS = msgspec.to_builtins(ResolutionLimits())
WEIGHTS = {"email": 1.0, "phone": 0.9, "externalId": 0.8}

drivers: list[AsyncDriver] = []


class EventIngest(BaseModel):
    """An event as the contract defines it."""

    event: str
    customer: str | None = None
    email: EmailStr | None = None
    phone: str | None = None
    externalId: str | None = None  # noqa: N815 - the contract's name
    properties: dict[str, Any] = {}
    timestamp: AwareDatetime | None = None


class Resolution(BaseModel):
    """The result of an event."""

    eventId: str  # noqa: N815 - the contract's name
    customerId: str  # noqa: N815 - the contract's name
    resolved: str


@asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncIterator[None]:
    """Opens the driver, and closes it at the end."""
    auth = (os.environ["NEO4J_USERNAME"], os.environ["NEO4J_PASSWORD"])
    async with AsyncGraphDatabase.driver(os.environ["NEO4J_URI"], auth=auth) as driver:
        drivers[:] = [driver]
        yield


app = FastAPI(lifespan=lifespan)


@app.post("/v1/events")
async def ingest(event: EventIngest) -> Resolution:
    """Stores one event."""
    row = _row(event)
    result = await drivers[0].execute_query(
        STATEMENT,
        batch={"named": [], "claims": [], "events": [row]},
        limits=LIMITS,
        database_="neo4j",
    )
    ((customer_id, resolved_by, _),) = result.records[0]["outcomes"]
    return Resolution(eventId=row["id"], customerId=customer_id, resolved=resolved_by)


def _row(event: EventIngest) -> dict[str, Any]:
    values = {"email": event.email and event.email.lower(), "externalId": event.externalId}
    if event.phone:
        number = phonenumbers.parse(event.phone, "US")
        values["phone"] = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    present = [(kind, values[kind]) for kind in WEIGHTS if values.get(kind)]
    now = datetime.now(UTC)
    timestamp = event.timestamp or now
    return {
        "group": 0,
        "id": f"evt_{uuid4().hex}",
        "digest": None,
        "customer": event.customer,
        "newCustomer": f"cus_{uuid4().hex}",
        "identifierKeys": [
            {"kind": kind, "value": value, "weight": WEIGHTS[kind]} for kind, value in present
        ],
        "identifiers": [f"{kind}:{value}" for kind, value in present],
        "event": event.event,
        "timestamp": timestamp.isoformat(),
        "occurredAt": [int(timestamp.timestamp()), timestamp.microsecond * 1000],
        "receivedAt": [int(now.timestamp()), now.microsecond * 1000],
        "properties": msgspec.json.encode(event.properties).decode(),
        "values": flatten(event.properties),
    }
