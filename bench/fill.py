"""The fill: a large graph in the form of the service's data, created directly in Neo4j."""

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
    """The customers and Touchpoints created so far. `grow` adds more."""

    def __init__(self, show_status: Callable[[str], None]) -> None:
        self._show_status = show_status
        self.customers = 0
        self.touchpoints = 0

    async def grow(self, driver: AsyncDriver, touchpoints: int) -> None:
        """Adds customers and Touchpoints, up to `touchpoints` of these."""
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
                self._show_status(f"{name}: {first:,} of {end:,}")
                last = min(first + TRANSACTION, end) - 1
                await driver.execute_query(
                    statement, {"first": first, "last": last, **parameters}, database_=NAME
                )

        await asyncio.gather(*(session() for _ in range(SESSIONS)))
