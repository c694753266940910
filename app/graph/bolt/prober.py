"""The prober: queries the attempts at statements that a database runs."""

import asyncio
from collections.abc import Callable

from neo4j import WRITE_ACCESS, AsyncDriver

from app.graph import statements
from app.graph.bolt import drivers
from app.graph.bolt.errors import DRIVER_ERRORS, describe_error

RUNNING_ATTEMPTS = statements.load("read")["running_attempts"]


class Prober:
    """Lists running attempts on a connection of its own, so that no statement can delay it."""

    def __init__(self, create_driver: Callable[[], AsyncDriver], database: str) -> None:
        """`create_driver` makes a driver with one connection; `database` is a database's name."""
        self._create_driver = create_driver
        self._database = database
        self._driver = create_driver()
        self._closing: set[asyncio.Task[None]] = set()

    async def close(self) -> None:
        """Closes the connection, and those that it replaced."""
        await asyncio.gather(*self._closing)
        await drivers.close(self._driver)

    async def running_attempts(self) -> list[str]:
        """The ids of the attempts that the database runs. Raises ConnectionError."""
        driver, is_complete = self._driver, False
        try:
            # Write access reaches the leader of a cluster, which lists only its own transactions.
            async with driver.session(
                database=self._database, default_access_mode=WRITE_ACCESS
            ) as session:
                result = await session.run(RUNNING_ATTEMPTS.text)  # pyright: ignore[reportArgumentType]
                attempts = [record["attempt"] async for record in result]
            is_complete = True
            return attempts
        except (*DRIVER_ERRORS, OSError, RuntimeError) as error:
            raise ConnectionError(describe_error(error)) from error
        finally:
            if not is_complete:
                self._replace(driver)

    def _replace(self, driver: AsyncDriver) -> None:
        # Its one connection may be lost together with its place in the pool.
        self._driver = self._create_driver()
        task = asyncio.create_task(drivers.close(driver))
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)
