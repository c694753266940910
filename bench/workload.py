"""The workload: events of customers who are mostly known, and the rows that they become."""

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
    """Events without end. `tag` keeps their new customers apart from those of other runs."""

    def __init__(self, tag: str, new: float = NEW) -> None:
        self._tag = tag
        self._new = new
        self._random = random.Random(tag)  # noqa: S311 - no secret
        self._count = 0

    def events(self, count: int = BATCH) -> list[dict[str, Any]]:
        """The next events."""
        return [_event(self._person()) for _ in range(count)]

    def _person(self) -> dict[str, str]:
        self._count += 1
        if self._random.random() < self._new:
            return {"email": f"new{self._tag}n{self._count}@example.com"}
        return person(self._random.randrange(CUSTOMERS))


def person(number: int) -> dict[str, str]:
    """The keys of a known customer: an email address, and every fifth has a phone."""
    keys = {"email": f"customer{number}@example.com"}
    return keys | {"phone": f"+1415{5550000 + number}"} if number % 5 == 0 else keys


def everybody() -> Iterator[list[dict[str, Any]]]:
    """One event of each known customer, in batches."""
    for first in range(0, CUSTOMERS, BATCH):
        yield [_event(person(number)) for number in range(first, first + BATCH)]


def question() -> dict[str, Any]:
    """The parameters of the statement behind a context, for one of the known customers."""
    key = person(random.randrange(CUSTOMERS))["email"]  # noqa: S311 - no secret
    keys = [{"kind": "email", "value": key}]
    return {"customer": None, "keys": keys, "asOf": None, "limit": 20}


def _event(keys: dict[str, str]) -> dict[str, Any]:
    return {
        "event": "page_viewed",
        **keys,
        "properties": {"url": "/pricing", "referrer": "https://google.com"},
        "timestamp": "2026-04-29T10:14:32Z",
    }


class _Captured(Exception):
    """Carries what would have been committed."""


class _Commits:
    rate, deadline = CommitRate(), 0.0

    async def submit(self, groups: list[AtomicGroup], size: int, flow: str) -> list[Row]:
        raise _Captured(groups)


class _Statement:
    async def write(self, name: str, deadline: float, /, **parameters: Any) -> list[Row]:
        raise _Captured(parameters)


async def parameters(events: list[dict[str, Any]]) -> dict[str, Row]:
    """What the service hands the statement for these events: made by the service's own code."""
    body = payload.decode(msgspec.json.encode({"events": events}))
    try:
        keeping = service.Ingest(cast("GroupCommit", _Commits()), Blocklist())
        await keeping.submit(IngestRequest(body, "bench"))
    except _Captured as captured:
        groups = captured.args[0]
        try:
            await writer.write(cast("Graph", _Statement()), ResolutionLimits(), groups, 0.0)
        except _Captured as written:
            return written.args[0]
    raise AssertionError("the service wrote nothing")
