"""The home of an embedded Neo4j: a directory with its lock, password, configuration and state."""

import fcntl
import json
import os
import secrets
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO

from app.graph.embedded import configuration
from app.graph.embedded.connection import Ports
from app.graph.embedded.errors import EmbeddedError


@dataclass(frozen=True)
class State:
    """The Java process that runs in a home, its ports, and whether it was ever ready."""

    pid: int
    bolt: int
    http: int
    ready: bool

    @property
    def ports(self) -> Ports:
        """The ports of the process."""
        return Ports(self.bolt, self.http)


class Home:
    """The directory `path`, made private to its user by `lock`."""

    def __init__(self, path: Path) -> None:
        self.path = path.absolute()
        self.arguments = self.path / "neo4j.args"
        self.console = self.path / "logs" / "console.log"
        self.password_file = self.path / "password"
        self._state_file = self.path / "state.json"
        self._lock_file: IO[str] | None = None

    def lock(self) -> None:
        """Locks the home for this process until `release`, or until the process ends.

        Raises EmbeddedError, which names the process that has it locked.
        """
        for directory in (self.path, self.path / "conf", self.path / "logs"):
            directory.mkdir(parents=True, exist_ok=True)
            directory.chmod(0o700)
        # Unlike a pid file, the kernel releases this lock when its process ends.
        file = (self.path / "owner.lock").open("a+")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            file.seek(0)
            pid = file.read() or "unknown"
            file.close()
            raise EmbeddedError(
                f"{self.path} is already used by the process {pid}: "
                "stop it, or set WAYPATH_DATA_DIR"
            ) from error
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        self._lock_file = file

    def release(self) -> None:
        """Releases the lock, if this process has it. None of its Java processes may run then."""
        if self._lock_file:
            self._state_file.unlink(missing_ok=True)
            self._lock_file.truncate(0)
            self._lock_file.close()
            self._lock_file = None

    def load_or_create_password(self) -> str:
        """The password, stored before there is any data that needs it.

        Raises EmbeddedError if there is data and its password is lost.
        """
        if not (self.password_file.exists() or self.has_data()):
            _write(self.password_file, secrets.token_hex(16))
        return self.load_password()

    def load_password(self) -> str:
        """The stored password. Raises EmbeddedError if it is lost."""
        try:
            return self.password_file.read_text().strip()
        except FileNotFoundError:
            raise EmbeddedError(
                f"{self.password_file} is missing: restore it, or delete {self.path} with all its "
                "data to start with an empty database"
            ) from None

    def has_data(self) -> bool:
        """Whether Neo4j ever started here. It creates the system database first."""
        return (self.path / "data" / "databases" / "system").exists()

    def prepare(self, arguments: str) -> None:
        """Writes the argument file of Java, and empties the directory for temporary files."""
        _write(self.arguments, arguments)
        shutil.rmtree(self.path / "scratch", ignore_errors=True)
        (self.path / "scratch").mkdir(mode=0o700)

    def configure(self, ports: Ports, heap_mb: int) -> None:
        """Writes neo4j.conf for these ports and a Java heap of `heap_mb` megabytes."""
        _write(self.path / "conf" / "neo4j.conf", configuration.neo4j_conf(*ports, heap_mb))

    def save_state(self, state: State) -> None:
        """Stores the state for other processes, and for the next start."""
        _write(self._state_file, json.dumps(asdict(state)))

    def load_state(self) -> State | None:
        """The stored state, or None if no service left one."""
        try:
            return State(**json.loads(self._state_file.read_text()))
        except (FileNotFoundError, ValueError, TypeError):
            return None

    def open_console(self) -> IO[bytes]:
        """A new file for the output of a process. The previous file is renamed."""
        if self.console.exists():
            self.console.replace(self.console.with_suffix(".1.log"))
        return self.console.open("wb")

    def last_error(self) -> str:
        """The error in the output of the last process, in one line."""
        lines = self.console.read_text(errors="replace").splitlines()
        causes = [line for line in lines if " ERROR " in line or line.startswith("Caused by: ")]
        return " ".join(line.strip() for line in causes[-1:] or lines[-3:])


def _write(path: Path, text: str) -> None:
    # Atomic, and never readable by other users.
    new = path.with_name(f"{path.name}.new")
    new.unlink(missing_ok=True)
    with os.fdopen(os.open(new, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)
