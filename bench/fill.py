"""The fill: a large graph in the form of the service's data, created directly in Neo4j."""

import asyncio
import random
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec

from app.domain.identifiers import WEIGHTS
from bench import people, plain, workload
from bench.database import NAME, Database
from bench.people import Popularity

CYPHER = Path(__file__).parent / "cypher"
TRANSACTION = 5_000  # rows
SESSIONS = 2
SAMPLES = 100

Rows = Callable[[int, int], dict[str, Any]]


class Fill:
    """Adds people and Touchpoints to a database. `people` and `touchpoints` count them."""

    def __init__(self, database: Database, show_status: Callable[[str], None]) -> None:
        self._database = database
        self._show_status = show_status
        self._samples = [_sample(event) for event in islice(workload.mixed(1), SAMPLES)]
        self.people = 0
        self.touchpoints = 0

    def grow(self, people: int, touchpoints: int = 0) -> None:
        """Adds known people, and Touchpoints of these by Zipf's law, up to these numbers."""
        asyncio.run(self._grow(people, touchpoints))

    async def _grow(self, people: int, touchpoints: int) -> None:
        await self._run("fill_people", self.people, people, _people)
        self.people = people
        popularity, source = Popularity(people), random.Random(people)  # noqa: S311 - no secret

        def rows(first: int, end: int) -> dict[str, Any]:
            # In one order, so that no two transactions wait for each other. The most popular are
            # last, so that their locks are short.
            numbers = sorted(popularity.draw(source, end - first), reverse=True)
            return {"first": first, "who": [*map(_who, numbers)], "samples": self._samples}

        await self._run("fill_touchpoints", self.touchpoints, touchpoints, rows)
        self.touchpoints = touchpoints

    async def _run(self, name: str, first: int, end: int, rows: Rows) -> None:
        statement: Any = (CYPHER / f"{name}.cypher").read_text()
        starts = iter(range(first, end, TRANSACTION))
        async with self._database.driver() as driver:

            async def session() -> None:
                for begin in starts:
                    self._show_status(f"{name}: {begin:,} of {end:,}")
                    parameters = rows(begin, min(begin + TRANSACTION, end))
                    await driver.execute_query(statement, parameters, database_=NAME)

            await asyncio.gather(*(session() for _ in range(SESSIONS)))


def customer_id(number: int) -> str:
    """The ID of the Customer of a known person."""
    return f"cus_{number}"


def _people(first: int, end: int) -> dict[str, Any]:
    return {"people": [_person(number) for number in range(first, end)]}


def _person(number: int) -> list[Any]:
    identifiers = people.known(number).items()
    return [customer_id(number), [[kind, value, WEIGHTS[kind]] for kind, value in identifiers]]


def _who(number: int) -> list[Any]:
    identifiers = people.known(number).items()
    return [customer_id(number), [f"{kind}:{value}" for kind, value in identifiers]]


def _sample(event: dict[str, Any]) -> dict[str, Any]:
    return {
        "event": event["event"],
        "properties": msgspec.json.encode(event["properties"]).decode(),
        "values": plain.flatten(event["properties"]),
    }
