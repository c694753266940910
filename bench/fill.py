"""The fill: a large graph in the service's shape, made inside Neo4j and not through the service."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

from neo4j import AsyncDriver

from bench.database import NAME

CYPHER = Path(__file__).parent / "cypher"
TRANSACTION = 5_000
SESSIONS = 2
TOUCHPOINTS_A_CUSTOMER = 20


class Fill:
    """What there is so far; `grow` adds to it."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        self._tell = tell
        self.customers = 0
        self.touchpoints = 0

    async def grow(self, driver: AsyncDriver, touchpoints: int) -> None:
        """Adds customers and their Touchpoints, until there are so many of these."""
        customers = touchpoints // TOUCHPOINTS_A_CUSTOMER
        await self._run(driver, "fill_customers", self.customers, customers)
        self.customers = customers
        await self._run(
            driver, "fill_touchpoints", self.touchpoints, touchpoints, customers=customers
        )
        self.touchpoints = touchpoints

    async def _run(
        self, driver: AsyncDriver, name: str, begin: int, end: int, **parameters: int
    ) -> None:
        statement: Any = (CYPHER / f"{name}.cypher").read_text()
        starts = iter(range(begin, end, TRANSACTION))

        async def session() -> None:
            for first in starts:
                self._tell(f"{name}: {first:,} of {end:,}")
                last = min(first + TRANSACTION, end) - 1
                await driver.execute_query(
                    statement, {"first": first, "last": last, **parameters}, database_=NAME
                )

        await asyncio.gather(*(session() for _ in range(SESSIONS)))
