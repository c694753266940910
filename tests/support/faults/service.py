"""A service under test: `python -m app serve` as a process, killed, stopped and started again."""

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import sys
import time

import httpx2
import psutil
from neo4j import GraphDatabase
from neo4j.exceptions import DriverError, Neo4jError

from app.graph.connection import Database
from app.graph.embedded import supervisor
from app.graph.embedded.home import Home
from tests.support import http_client
from tests.support.faults.waiting import until
from tests.support.ports import free_port

START = 180  # seconds that a start may take on a busy host
NEO4J_START = 120
STOP = 60


class Service:
    """A service with a directory and a port of its own.

    It is on `database`, which has `api_key`, or else on an embedded one of its own, in the
    directory `data` if that is given; `variables` are further settings.
    """

    def __init__(self, directory, database=None, api_key=None, *, data=None, **variables):
        data = data or directory
        self._home = data / "neo4j"
        self._key = data / "development-key"
        self._log = directory / "service.log"
        self._database = database
        self._api_key = api_key
        self._process = None
        self._read = 0  # how much of the log was looked at
        self._port = free_port()
        self.address = f"http://127.0.0.1:{self._port}"
        self._environment = {
            **{name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ},
            **(_variables(database) if database else {}),
            "WAYPATH_PORT": str(self._port),
            "WAYPATH_DATA_DIR": str(data),
            "WAYPATH_RATE_LIMIT": "100000000",
            **variables,
        }

    async def start(self):
        """Starts it, and returns when it is ready."""
        # Workers outlive a killed parent for a short time.
        await until(lambda: not self._listens(), 30)
        self._launch()
        await self.ready()

    async def ready(self):
        """Waits until its database is reachable. Raises TimeoutError."""
        await until(self._is_ready, START)

    async def kill(self):
        """Ends it with SIGKILL."""
        self.process.kill()
        await asyncio.to_thread(self.process.wait, STOP)

    async def terminate(self):
        """Ends it with SIGTERM, and gives its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return await asyncio.to_thread(self.process.wait, STOP)

    def end(self):
        """Ends it if it runs, by force."""
        if not self.is_up:
            return
        self.process.terminate()
        try:
            self.process.wait(STOP)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    @property
    def is_up(self):
        """Whether its process runs."""
        return self._process is not None and self._process.poll() is None

    @property
    def process(self):
        """The process that was started last."""
        assert self._process, "it was never started"
        return self._process

    @property
    def workers(self):
        """Its worker processes, where it has several."""
        return [child for child in psutil.Process(self.process.pid).children() if _works(child)]

    @property
    def memory(self):
        """The bytes of memory that it holds, its workers' too."""
        processes = psutil.Process(self.process.pid), *self.workers
        return sum(process.memory_info().rss for process in processes)

    @property
    def api_key(self):
        """A key that may write events."""
        return self._api_key or self._key.read_text().strip()

    def cypher(self, query, **parameters):
        """Runs Cypher on its database, past any proxy, and returns the rows."""
        where = self._where()
        with self.driver() as driver:
            return driver.execute_query(query, parameters, database_=where.name).records

    def driver(self):
        """A driver of its database, past any proxy, which the caller closes."""
        where = self._where()
        return GraphDatabase.driver(
            where.uri,
            auth=(where.username, where.password) if where.password else None,
            notifications_min_severity="OFF",
            max_transaction_retry_time=0,
        )

    @property
    def neo4j_pid(self):
        """The process id of the embedded Neo4j."""
        state = Home(self._home).load_state()
        assert state, "no embedded Neo4j runs"
        return state.pid

    def kill_neo4j(self):
        """Ends the embedded Neo4j with SIGKILL."""
        os.kill(self.neo4j_pid, signal.SIGKILL)

    async def neo4j_back(self):
        """The time at which its Neo4j is reachable, after waiting for it. Raises TimeoutError."""
        await until(lambda: asyncio.to_thread(self._neo4j_answers), NEO4J_START)
        return time.monotonic()

    @contextlib.contextmanager
    def paused_neo4j(self):
        """Stops the embedded Neo4j with SIGSTOP, and continues it at the end."""
        pid = self.neo4j_pid
        os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(pid, signal.SIGCONT)

    def log(self):
        """Its whole log."""
        return self._log.read_text(errors="replace")

    def errors(self):
        """The unexcused errors in its log since the last call."""
        log = self.log()
        new, self._read = log[self._read :], len(log)
        return [line for line in new.splitlines() if _is_error(line)]

    def _launch(self):
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "app", "serve"],
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def _listens(self):
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self._port)) == 0

    async def _is_ready(self):
        assert self.is_up, self.log()
        try:
            # Its response may need the proxy, which runs in this event loop.
            async with http_client.AsyncClient() as client:
                response = await client.get(f"{self.address}/readyz")
        except httpx2.TransportError:
            return False
        return response.status_code == 200

    def _neo4j_answers(self):
        with contextlib.suppress(DriverError, Neo4jError, AssertionError):
            return bool(self.cypher("RETURN 1"))
        return False

    def _where(self):
        return self._database or self._embedded()

    def _embedded(self):
        connection = supervisor.running(self._home)
        assert connection, "no embedded Neo4j runs"
        return Database(connection.uri, connection.username, connection.password, "neo4j")


def _variables(database):
    return {
        "NEO4J_URI": database.uri,
        "NEO4J_USERNAME": database.username,
        "NEO4J_PASSWORD": database.password or "",
        "NEO4J_DATABASE": database.name,
    }


def _is_error(line):
    # The driver calls each lost connection an error, which it is not here.
    return ('"level": "error"' in line or "Traceback" in line) and "<CONNECTION>" not in line


def _works(process):
    try:
        return any("spawn_main" in word for word in process.cmdline())
    except psutil.Error:
        return False
