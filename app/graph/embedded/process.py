"""The process of an embedded Neo4j: starts it, waits until it is ready, and stops it."""

import subprocess
import threading
import time

from app.graph.embedded import java
from app.graph.embedded.connection import Ports
from app.graph.embedded.errors import EmbeddedError
from app.graph.embedded.home import Home, State

START_TIMEOUT_SECONDS = 300  # a recovery after a kill may replay a long transaction log
POLL_INTERVAL_SECONDS = 0.1


class ServerProcess:
    """Neo4j in a locked and prepared home: one process at a time, and none after `terminate`."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._process: subprocess.Popen[bytes] | None = None
        self._was_ready = False
        self._stopping = threading.Event()
        self._guard = threading.Lock()  # a process is started or terminated, never both

    @property
    def pid(self) -> int | None:
        """The process id while the process runs."""
        process = self._process
        return process.pid if process and process.poll() is None else None

    @property
    def is_stopping(self) -> bool:
        """Whether `terminate` was called."""
        return self._stopping.is_set()

    def start(self, ports: Ports, password: str) -> bool:
        """Starts Neo4j. Returns True when it is ready, False if it ended before or is stopping.

        The process ends with the calling thread. Raises EmbeddedError if Neo4j rejects the
        password, and OSError.
        """
        with self._guard:
            if self.is_stopping:
                return False
            with self._home.open_console() as console:
                process = java.start_server(self._home.arguments, self._home.path, console)
            self._process = process
        self._save_state(process, ports)
        deadline = time.monotonic() + START_TIMEOUT_SECONDS
        while process.poll() is None:
            if self._is_ready(process, ports, password):
                self._was_ready = True
                self._save_state(process, ports)
                return True
            if time.monotonic() > deadline:
                process.kill()
            time.sleep(POLL_INTERVAL_SECONDS)
        return False

    def wait(self, seconds: float | None = None) -> tuple[int, int]:
        """Waits for the end of the last process. Returns its process id and exit code.

        Raises TimeoutError if it still runs after so many seconds.
        """
        assert self._process  # noqa: S101 - one was started
        try:
            return self._process.pid, self._process.wait(seconds)
        except subprocess.TimeoutExpired as error:
            raise TimeoutError(f"Neo4j did not stop in {seconds:.0f} s") from error

    def wait_for_stop(self, seconds: float) -> bool:
        """Waits so many seconds, or until `terminate`. Returns whether that was called."""
        return self._stopping.wait(seconds)

    def terminate(self) -> None:
        """Signals the process to stop cleanly. No other process can start after this."""
        with self._guard:
            self._stopping.set()
            if self._process:
                self._process.terminate()

    def kill(self) -> None:
        """Kills the process."""
        if self._process:
            self._process.kill()

    def end(self) -> None:
        """Kills the process, and returns when it has ended. No other process can start."""
        self.terminate()
        if self._process:
            self._process.kill()
            self._process.wait()

    def _is_ready(self, process: subprocess.Popen[bytes], ports: Ports, password: str) -> bool:
        # The first query warms Neo4j up while its web server, its last component, still starts.
        return (
            java.listens(process.pid, ports.bolt)
            and self._responds(ports, password)
            and java.listens(process.pid, ports.http)
        )

    def _responds(self, ports: Ports, password: str) -> bool:
        from app.graph.bolt import drivers  # noqa: PLC0415 - takes 0.2 s, while Java starts

        try:
            return drivers.is_reachable(ports.connection(password).database)
        except PermissionError as error:
            file = self._home.password_file
            raise EmbeddedError(
                f"Neo4j rejects the password in {file}: {error} (restore the file)"
            ) from error

    def _save_state(self, process: subprocess.Popen[bytes], ports: Ports) -> None:
        self._home.save_state(State(process.pid, *ports, ready=self._was_ready))
