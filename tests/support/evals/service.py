"""The service of the evaluations: all of it, with a low rate limit and a clock that can be set."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from msgspec import Struct

from app import main
from app.graph.connection import Database
from app.http.middleware import RequestMiddleware
from app.observability.metrics import Metrics
from app.services import Services
from app.settings import Settings
from tests.support.server import serving, wait_until_ready

RATE_LIMIT = 20  # events a minute of an API key, so that a task reaches it


class Clock:
    """The clock of the rate limit, which a task sets forward instead of waiting."""

    def __init__(self) -> None:
        self._ahead = 0.0

    def __call__(self) -> float:
        return time.monotonic() + self._ahead

    def advance(self, seconds: float) -> None:
        """Sets the clock forward."""
        self._ahead += seconds


class Service(Struct):
    """A running service."""

    address: str
    clock: Clock


@contextmanager
def running(database: Database) -> Iterator[Service]:
    """A service on a database, while the context is open."""
    clock = Clock()

    def build(config: Settings, database: Database) -> RequestMiddleware:
        return main.assemble(Services(config, database, Metrics(), clock), config)

    with serving(database, Settings(rate_limit=RATE_LIMIT), build=build) as address:
        wait_until_ready(address)
        yield Service(address, clock)
