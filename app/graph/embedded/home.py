"""The home of an embedded Neo4j: a directory with its owner, password, configuration and state."""

import fcntl
import json
import os
import secrets
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO

CONFIGURATION = """\
# Written at each start of the service: a change here is lost.
server.config.strict_validation.enabled=true

# On this machine only.
server.default_listen_address=127.0.0.1
server.default_advertised_address=127.0.0.1
server.bolt.listen_address=127.0.0.1:{bolt}
server.bolt.advertised_address=127.0.0.1:{bolt}
server.http.listen_address=127.0.0.1:{http}
server.http.advertised_address=127.0.0.1:{http}
server.http.x_forward.enabled=false
server.https.enabled=false

# Nothing goes out, neither from Neo4j nor from the page of Neo4j Browser.
server.fleet_discovery.enabled=false
dbms.fleet_manager.enabled=false
dbms.usage_report.enabled=false
client.allow_telemetry=false
browser.remote_content_hostname_whitelist=localhost
dbms.security.http_static_content_security_policy_header=default-src 'self'; \
script-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; font-src 'self' data:; \
base-uri 'none'; object-src 'none'; frame-ancestors 'none'; \
connect-src 'self' ws://127.0.0.1:* ws://localhost:* http://127.0.0.1:* http://localhost:*

# Small.
server.memory.pagecache.size=256m
db.tx_log.rotation.size=32m
db.tx_log.rotation.retention_policy=2 days 512M
db.logs.query.enabled=OFF

# A graph that grows from nothing has each of its plans made again and again, and a caller waits.
dbms.cypher.min_replan_interval=1m

# A stop waits for nobody: the service, the only client, has finished its work by then.
db.shutdown_transaction_end_timeout=2s
internal.dbms.bolt.netty_server_shutdown_quiet_period_duration=0s
"""


class EmbeddedError(Exception):
    """The embedded Neo4j cannot be had; the message, for a user, says why."""


@dataclass(frozen=True)
class State:
    """The Java process that runs in a home, its ports, and whether it has ever answered."""

    pid: int
    bolt: int
    http: int
    ready: bool


class Home:
    """The directory `path`, made private to its user on `own`."""

    def __init__(self, path: Path) -> None:
        self.path = path.absolute()
        self.arguments = self.path / "neo4j.args"
        self.console = self.path / "logs" / "console.log"
        self.password_file = self.path / "password"
        self._state = self.path / "state.json"
        self._owner: IO[str] | None = None

    def own(self) -> None:
        """Takes the home for this process until `leave`, or until the process dies.

        Raises EmbeddedError where another process, which it names, has it.
        """
        for each in (self.path, *(self.path / name for name in ("conf", "logs"))):
            each.mkdir(parents=True, exist_ok=True)
            each.chmod(0o700)
        # The kernel takes this lock back from a process that dies, as no pid file could.
        owner = (self.path / "owner.lock").open("a+")
        try:
            fcntl.flock(owner, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            owner.seek(0)
            pid = owner.read() or "unknown"
            owner.close()
            raise EmbeddedError(f"{self.path} is already used by the process {pid}") from error
        owner.truncate(0)
        owner.write(str(os.getpid()))
        owner.flush()
        self._owner = owner

    def leave(self) -> None:
        """Leaves the home, where it is ours, to another process: nothing of ours runs here."""
        if self._owner:
            self._state.unlink(missing_ok=True)
            self._owner.truncate(0)
            self._owner.close()
            self._owner = None

    def password(self) -> str:
        """The password, made and kept before there is any data that it locks.

        Raises EmbeddedError where there is data whose password is lost.
        """
        if not self.password_file.exists():
            if self.has_data():
                raise EmbeddedError(
                    f"{self.password_file} is missing: restore it, or remove {self.path} with all "
                    "its data to begin anew"
                )
            _write(self.password_file, secrets.token_hex(16))
        return self.password_file.read_text().strip()

    def has_data(self) -> bool:
        """Whether Neo4j ever started here: its first act is to create the system database."""
        return (self.path / "data" / "databases" / "system").exists()

    def prepare(self, arguments: str) -> None:
        """Writes what Java is told, and empties the directory for its passing files."""
        _write(self.arguments, arguments)
        shutil.rmtree(self.path / "scratch", ignore_errors=True)
        (self.path / "scratch").mkdir(mode=0o700)

    def configure(self, bolt: int, http: int) -> None:
        """Writes Neo4j's configuration for these ports."""
        _write(self.path / "conf" / "neo4j.conf", CONFIGURATION.format(bolt=bolt, http=http))

    def record(self, state: State) -> None:
        """Keeps `state` for other processes, and for the next start."""
        _write(self._state, json.dumps(asdict(state)))

    def recorded(self) -> State | None:
        """The state that was last kept, unless it was forgotten."""
        try:
            return State(**json.loads(self._state.read_text()))
        except (FileNotFoundError, ValueError, TypeError):
            return None

    def open_console(self) -> IO[bytes]:
        """A new file for what a process prints; that of the process before it is kept beside."""
        if self.console.exists():
            self.console.replace(self.console.with_suffix(".1.log"))
        return self.console.open("wb")

    def last_words(self) -> str:
        """What the last process said about its end, in one line."""
        lines = self.console.read_text(errors="replace").splitlines()
        causes = [line for line in lines if " ERROR " in line or line.startswith("Caused by: ")]
        return " ".join(line.strip() for line in causes[-1:] or lines[-3:])


def _write(path: Path, text: str) -> None:
    # Whole or not at all, and never readable by others.
    new = path.with_name(f"{path.name}.new")
    new.unlink(missing_ok=True)
    with os.fdopen(os.open(new, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)
