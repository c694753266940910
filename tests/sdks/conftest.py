"""A service that restarts, and SDKs that send to it meanwhile."""

import subprocess
import sys

import pytest

from tests.support import ports
from tests.support.server import is_reachable, wait_for, wait_until_ready


class RestartableService:
    """A process of the service on a port of its own."""

    def __init__(self, environment):
        self._port = ports.free_port()
        self._environment = environment | {"WAYPATH_PORT": str(self._port)}
        self.address = f"http://127.0.0.1:{self._port}"
        self.start()

    def start(self):
        self._process = subprocess.Popen(
            [sys.executable, "-m", "app", "serve"],
            env=self._environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        wait_for(lambda: is_reachable(self.address))
        wait_until_ready(self.address)

    def kill(self):
        self._process.kill()
        self._process.wait()


@pytest.fixture(scope="module")
def service(environment):
    """A service of the module's own, which it may kill and start."""
    service = RestartableService(environment)
    yield service
    service.kill()


@pytest.fixture(scope="module")
def events_of(cypher):
    """The Touchpoints of the Customer with an identifier, each with its properties as values."""

    def read(value, kind="externalId"):
        return [
            row["touchpoint"]
            for row in cypher(
                "MATCH (:Identifier {kind: $kind, value: $value})-[:IDENTIFIES]->(c:Customer) "
                "MATCH (member:Customer)-[:MERGED_INTO*0..]->(c) "
                "MATCH (member)-[:HAS_TOUCHPOINT]->(touchpoint) "
                "RETURN touchpoint ORDER BY touchpoint.occurredAt, touchpoint.id",
                kind=kind,
                value=value,
            )
        ]

    return read
