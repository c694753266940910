"""A user of the test database, whose password a test may change."""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import pytest
from neo4j import Driver

from app.graph.connection import Database

PASSWORD = "the-first-password"


class User(NamedTuple):
    """Its name, its password, and what changes that."""

    name: str
    password: str
    change_password: Callable[[str], None]


@pytest.fixture
def user(database: Database, driver: Driver, unique: str) -> Iterator[User]:
    """A user of the test's own. The test is skipped if the database has no authentication."""
    if database.password is None:
        pytest.skip("this database asks nobody who he is")
    name = f"u{unique}"

    def system(command: Any, **parameters: str) -> None:
        driver.execute_query(command, parameters, database_="system")

    def change_password(password: str) -> None:
        system(f"ALTER USER {name} SET PASSWORD $new CHANGE NOT REQUIRED", new=password)

    system(f"CREATE USER {name} SET PASSWORD $new CHANGE NOT REQUIRED", new=PASSWORD)
    yield User(name, PASSWORD, change_password)
    system(f"DROP USER {name}")
