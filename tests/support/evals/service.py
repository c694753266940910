"""The service of the evaluations: all of it, with a low rate limit and a clock that can be set.

It offers all toolsets, to agents with their scopes.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager

import msgspec

from app import main
from app.graph.connection import Database
from app.http.middleware import RequestMiddleware
from app.observability.metrics import Metrics
from app.services import Services
from app.settings import Settings
from tests.support import event_statistics
from tests.support.forwarder import Forwarder
from tests.support.server import serving, wait_until_ready

RATE_LIMIT = 20  # events a minute of an API key, so that a task reaches it
FREQUENT_EVENT = "training_booked"  # in the statistics


class Clock:
    """The clock of the rate limit, which a task sets forward instead of waiting."""

    def __init__(self) -> None:
        self._ahead = 0.0

    def __call__(self) -> float:
        return time.monotonic() + self._ahead

    def advance(self, seconds: float) -> None:
        """Sets the clock forward."""
        self._ahead += seconds


class Service:
    """A running service, and its connection to Neo4j."""

    def __init__(self, address: str, clock: Clock, connection: Forwarder) -> None:
        self.address = address
        self.clock = clock
        self._connection = connection
        self._is_cut = False

    def set_outage(self, *, is_on: bool) -> None:
        """Makes Neo4j unavailable, or available. Returns when the service can use it again."""
        if is_on and not self._is_cut:
            self._connection.close()
        if not is_on and self._is_cut:
            self._connection.open()
            wait_until_ready(self.address)
        self._is_cut = is_on


@contextmanager
def running(database: Database) -> Iterator[Service]:
    """A service on a database, while the context is open."""
    event_statistics.write(database, FREQUENT_EVENT, 4000)
    clock = Clock()

    def build(config: Settings, database: Database) -> RequestMiddleware:
        return main.assemble(Services(config, database, Metrics(), clock), config)

    with Forwarder(database.uri) as connection:
        forwarded = msgspec.structs.replace(database, uri=connection.uri)
        config = Settings(rate_limit=RATE_LIMIT, mcp_toolset_names="identity, erasure")
        with serving(forwarded, config, build=build) as address:
            wait_until_ready(address)
            yield Service(address, clock, connection)
