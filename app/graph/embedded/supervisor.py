"""Supervision of an embedded Neo4j: runs Neo4j Community as a child process, and restarts it."""

import signal
import threading
import time
from collections.abc import Sequence
from concurrent.futures import Future
from pathlib import Path

import structlog

from app.graph.embedded import installation, java
from app.graph.embedded.aot_cache import user_cache
from app.graph.embedded.arguments import Arguments, discard
from app.graph.embedded.background_training import BackgroundTraining
from app.graph.embedded.configuration import DEFAULT_HEAP_MB
from app.graph.embedded.connection import Connection, Ports, find_free_ports
from app.graph.embedded.errors import EmbeddedError
from app.graph.embedded.home import Home
from app.graph.embedded.process import ServerProcess

MAX_PORT_ATTEMPTS = 3
STOP_TIMEOUT_SECONDS = 15
STABLE_SECONDS = 30  # of running, after which the next restart has no delay again
MAX_RESTART_DELAY_SECONDS = 5

CRASHES = {-signal.SIGABRT, -signal.SIGBUS, -signal.SIGILL, -signal.SIGSEGV}  # of Java itself

log = structlog.get_logger()


class EmbeddedNeo4j:
    """Neo4j Community as a child process, in the directory `home`.

    It has a Java heap of `heap_mb` megabytes. `options` are further options of Java. It uses an
    AOT cache, unless `aot_cache` is false; the program `training` makes it in the background.
    """

    def __init__(
        self,
        home: Path,
        *,
        heap_mb: int = DEFAULT_HEAP_MB,
        options: Sequence[str] = (),
        aot_cache: bool = True,
        training: Sequence[str] = (),
    ) -> None:
        self._home = Home(home)
        self._heap_mb = heap_mb
        self._options = options
        self._uses_aot_cache = aot_cache
        self._server = ServerProcess(self._home)
        self._thread: threading.Thread | None = None
        self._training_command = training if aot_cache else ()
        self._training: BackgroundTraining | None = None
        self._started: Future[Connection] = Future()

    @property
    def pid(self) -> int | None:
        """The id of the Java process that runs now."""
        return self._server.pid

    @property
    def password_file(self) -> Path:
        """The file that contains the password of Neo4j."""
        return self._home.password_file

    def start(self) -> Connection:
        """Starts Neo4j, downloads it first if necessary, and returns when it is ready.

        Raises EmbeddedError if another process uses the home, or Neo4j cannot be started.
        """
        self.launch()
        return self.wait_until_ready()

    def launch(self) -> None:
        """Starts Neo4j, downloads it first if necessary, and returns before it is ready.

        Raises EmbeddedError if another process uses the home, or Neo4j cannot be prepared.
        """
        installation.require_packages()
        self._home.lock()
        try:
            self._server = ServerProcess(self._home)
            password = self._prepare()
            self._started = Future()
            # Java ends with the thread that starts it, so that thread must not end.
            self._thread = threading.Thread(
                target=self._supervise, args=(password, self._started), name="neo4j", daemon=True
            )
            self._thread.start()
        except BaseException:
            self.stop()
            raise

    def wait_until_ready(self) -> Connection:
        """Returns when the Neo4j that was launched is ready. Raises EmbeddedError if it ended."""
        try:
            connection = self._started.result()
            if self._training_command and not self._arguments.names_aot_cache:
                self._training = BackgroundTraining(self._training_command, lambda: self.pid)
                self._training.start()
            return connection
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stops Neo4j cleanly, or kills it after a timeout. May be called again."""
        self._server.terminate()
        if self._training:
            self._training.stop()
        self._training = None
        if self._thread:
            self._thread.join(STOP_TIMEOUT_SECONDS)
            if self._thread.is_alive():
                self._server.kill()
            self._thread.join()
        self._thread = None
        self._home.release()

    def __enter__(self) -> Connection:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _prepare(self) -> str:
        home = self._home
        class_path = installation.class_path()
        self._stop_orphan()
        password = home.load_or_create_password()
        self._arguments = Arguments(home, class_path, self._heap_mb, self._options)
        self._arguments.write(user_cache(class_path) if self._uses_aot_cache else None)
        # If a first start was killed, the next one repeats this, with the same password.
        if not home.has_data():
            error = java.set_initial_password(class_path, home.path, password)
            if error:
                raise EmbeddedError(f"Neo4j rejects its initial password: {error}")
        return password

    def _stop_orphan(self) -> None:
        state = self._home.load_state()
        if state and (process := java.find(state.pid, self._home.arguments)):
            log.warning("neo4j_orphan_stopped", pid=state.pid)
            java.stop(process)

    def _supervise(self, password: str, started: "Future[Connection]") -> None:
        try:
            ports = self._start(password)
        except BaseException as error:
            started.set_exception(error)
            return
        started.set_result(ports.connection(password))
        self._keep_running(ports, password)

    def _start(self, password: str) -> Ports:
        if ports := self._start_on_free_ports(password):
            return ports
        if not self._server.is_stopping and (cache := self._arguments.write_without_aot_cache()):
            exit_code = self._server.wait()[1]
            if ports := self._start_on_free_ports(password):
                discard(cache, exit_code)
                return ports
        error = self._home.last_error()
        raise EmbeddedError(f"Neo4j did not start: {error} (see {self._home.console})")

    def _start_on_free_ports(self, password: str) -> Ports | None:
        for _ in range(MAX_PORT_ATTEMPTS):
            ports = find_free_ports()
            self._home.configure(ports, self._heap_mb)
            if self._server.start(ports, password):
                return ports
            # Another program may have taken a port since it was free.
            if self._server.is_stopping or ports.are_free():
                break
        return None

    def _keep_running(self, ports: Ports, password: str) -> None:
        failures = 0  # in quick succession
        while True:
            started_at = time.monotonic()
            pid, exit_code = self._server.wait()
            if self._server.is_stopping:
                return
            log.warning("neo4j_exited", pid=pid, exit_code=exit_code)
            if exit_code in CRASHES and (cache := self._arguments.write_without_aot_cache()):
                discard(cache, exit_code)
            exited_at = time.monotonic()
            failures = 0 if exited_at - started_at > STABLE_SECONDS else failures
            if self._server.wait_for_stop(_restart_delay(failures)):
                return
            failures += 1
            self._restart(ports, password, exited_at)

    def _restart(self, ports: Ports, password: str, exited_at: float) -> None:
        try:
            if self._server.start(ports, password):
                seconds = round(time.monotonic() - exited_at, 1)
                log.info("neo4j_restarted", pid=self.pid, seconds=seconds)
        except (OSError, EmbeddedError) as error:
            log.error("neo4j_restart_failed", reason=str(error))


def _restart_delay(failures: int) -> float:
    """The seconds before a restart that follows so many others."""
    return min(2 ** (failures - 1), MAX_RESTART_DELAY_SECONDS) if failures else 0


def running(home: Path) -> Connection | None:
    """The connection to the Neo4j that a service runs in `home`, or None."""
    directory = Home(home)
    state = directory.load_state()
    if not (state and state.ready and java.find(state.pid, directory.arguments)):
        return None
    return state.ports.connection(directory.load_password())
