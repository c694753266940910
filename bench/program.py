"""Programs: the measured processes, and the CPU and memory that they use."""

import contextlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import psutil

from bench.database import Database

HOST = "127.0.0.1"
START_TIMEOUT = 60
STOP_TIMEOUT = 30
UNLIMITED = str(10**12)


@contextlib.contextmanager
def service(database: Database, workers: int = 1) -> Iterator["Program"]:
    """The service, with `workers` workers."""
    environment = {
        **database.environment(),
        "WAYPATH_PORT": str(free_port()),
        "WAYPATH_WORKERS": str(workers),
        "WAYPATH_RATE_LIMIT": UNLIMITED,
        "WAYPATH_DATA_DIR": str(database.home),
    }
    with running(["-m", "app", "serve"], environment, database.home / "service.log") as program:
        yield program


@contextlib.contextmanager
def baseline(database: Database) -> Iterator["Program"]:
    """The baseline, on uvicorn as in production."""
    port = str(free_port())
    arguments = ["-m", "uvicorn", "bench.baseline:app", "--port", port, "--no-access-log"]
    environment = {**database.environment(), "WAYPATH_PORT": port}
    with running(arguments, environment, database.home / "baseline.log") as program:
        yield program


def api_key(database: Database) -> str:
    """A new API key of the service."""
    scopes = ("--scope", "events:write", "--scope", "context:read")
    command = ("-m", "app", "keys", "create", "--name", "bench", *scopes)
    done = subprocess.run(  # noqa: S603 - the arguments are our own
        [sys.executable, *command],
        env={**os.environ, **database.environment()},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


class Program:
    """A running program that listens on a port of this host."""

    def __init__(self, pid: int, port: int, log: Path) -> None:
        self.pid = pid
        self.address = f"http://{HOST}:{port}"
        self.url = f"{self.address}/v1/events"
        self.log = log

    def retries(self) -> int:
        """The number of retried commits so far."""
        return self.log.read_text(errors="replace").count("statement_retried")

    def memory(self) -> list[int]:
        """The resident bytes of each worker, or of the program if it has none."""
        process = psutil.Process(self.pid)
        workers = [child for child in process.children() if "resource_tracker" not in _line(child)]
        return [worker.memory_info().rss for worker in workers or [process]]


def cpu_seconds(pid: int) -> float:
    """The CPU time of a process and its children so far, in seconds."""
    process = psutil.Process(pid)
    times = [member.cpu_times() for member in (process, *process.children(recursive=True))]
    return sum(cpu.user + cpu.system for cpu in times)


@contextlib.contextmanager
def running(
    arguments: Sequence[str], environment: Mapping[str, str], log: Path
) -> Iterator[Program]:
    """A Python program that accepts connections on WAYPATH_PORT. Stops it at the end."""
    with log.open("wb") as output:
        process = subprocess.Popen(  # noqa: S603 - the arguments are our own
            [sys.executable, *arguments],
            env={**os.environ, **environment},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        port = int(environment["WAYPATH_PORT"])
        _await_port(process, port, log)
        yield Program(process.pid, port, log)
    finally:
        process.terminate()
        try:
            process.wait(STOP_TIMEOUT)
        except subprocess.TimeoutExpired:
            process.kill()


def free_port() -> int:
    """A free port."""
    with socket.create_server((HOST, 0)) as probe:
        return probe.getsockname()[1]


def _await_port(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + START_TIMEOUT
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection((HOST, port), 1):
            return
        time.sleep(0.1)
    raise RuntimeError(f"a program did not start: {log.read_text(errors='replace')[-2000:]}")


def _line(process: psutil.Process) -> str:
    return " ".join(process.cmdline())
