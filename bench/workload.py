"""The workload: events of mostly known customers, and their rows for the statement."""

import random
from collections.abc import Iterator
from typing import Any, cast

import msgspec

from app.domain.blocklist import Blocklist
from app.domain.resolution import ResolutionLimits
from app.graph.graph import Graph
from app.ingest import payload, service, writer
from app.ingest.commit_control import CommitRate
from app.ingest.group_commit import GroupCommit
from app.ingest.rows import IngestRequest
from app.ingest.write_queue import AtomicGroup, Row

CUSTOMERS = 5_000
NEW = 0.01
BATCH = 500


class Workload:
    """An endless series of events. `tag` distinguishes its new customers from other runs."""

    def __init__(self, tag: str, new: float = NEW) -> None:
        self._tag = tag
        self._new = new
        self._random = random.Random(tag)  # noqa: S311 - no secret
        self._count = 0

    def events(self, count: int = BATCH) -> list[dict[str, Any]]:
        """The next events."""
        return [_event(self._customer()) for _ in range(count)]

    def _customer(self) -> dict[str, str]:
        self._count += 1
        if self._random.random() < self._new:
            return {"email": f"new{self._tag}n{self._count}@example.com"}
        return known_customer(self._random.randrange(CUSTOMERS))


def known_customer(number: int) -> dict[str, str]:
    """The identifiers of a known customer: an email, and for every fifth one a phone."""
    identifiers = {"email": f"customer{number}@example.com"}
    phone = {"phone": f"+1415{5550000 + number}"} if number % 5 == 0 else {}
    return identifiers | phone


def known_customers() -> Iterator[list[dict[str, Any]]]:
    """One event per known customer, in batches."""
    for first in range(0, CUSTOMERS, BATCH):
        yield [_event(known_customer(number)) for number in range(first, first + BATCH)]


def context_parameters() -> dict[str, Any]:
    """The parameters of the statement of a context, for one of the known customers."""
    email = known_customer(random.randrange(CUSTOMERS))["email"]  # noqa: S311 - no secret
    keys = [{"kind": "email", "value": email}]
    return {"customer": None, "keys": keys, "asOf": None, "limit": 20}


def _event(identifiers: dict[str, str]) -> dict[str, Any]:
    return {
        "event": "page_viewed",
        **identifiers,
        "properties": {"url": "/pricing", "referrer": "https://google.com"},
        "timestamp": "2026-04-29T10:14:32Z",
    }


class _Captured(Exception):
    """Carries the parameters of the commit."""


class _Commits:
    rate, deadline = CommitRate(), 0.0

    async def submit(self, groups: list[AtomicGroup], size: int, flow: str) -> list[Row]:
        raise _Captured(groups)


class _Statement:
    async def write(self, name: str, deadline: float, /, **parameters: Any) -> list[Row]:
        raise _Captured(parameters)


async def parameters(events: list[dict[str, Any]]) -> dict[str, Row]:
    """The parameters that the service's own code passes to the statement for these events."""
    body = payload.decode(msgspec.json.encode({"events": events}))
    try:
        ingest = service.Ingest(cast("GroupCommit", _Commits()), Blocklist())
        await ingest.submit(IngestRequest(body, "bench"))
    except _Captured as captured:
        groups = captured.args[0]
        try:
            await writer.write(cast("Graph", _Statement()), ResolutionLimits(), groups, 0.0)
        except _Captured as written:
            return written.args[0]
    raise AssertionError("the service wrote nothing")
