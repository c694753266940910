"""Loads: the senders of the workload, and their results."""

import re
import resource
import shutil
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Protocol

import msgspec

from bench.workload import BATCH, CUSTOMERS

SCRIPT = Path(__file__).with_name("workload.lua")

_runs = count(int(time.time() * 1000))


@dataclass(frozen=True)
class Outcome:
    """The result of a load; p50 and p99 are latencies of a request, in milliseconds."""

    requests: int
    events: int
    seconds: float
    p50: float
    p99: float
    failures: int
    load_cpu: float  # CPU time of the sender, in seconds


class Load(Protocol):
    """Sends the workload."""

    def run(self, seconds: float) -> Outcome:
        """Sends for some seconds, and waits for the responses."""
        ...


@dataclass(frozen=True)
class Wrk:
    """wrk: on each of its connections, it sends the next request after each response."""

    url: str
    connections: int
    headers: Sequence[str]
    shape: str = "single"
    kind: str = "mixed"
    customers: int = CUSTOMERS
    skew: int = 1
    statement: Path | None = None

    def run(self, seconds: float) -> Outcome:
        """Sends for some seconds, and waits for the responses."""
        before = _children_cpu()
        done = subprocess.run(  # noqa: S603 - the arguments are our own
            self._command(seconds), capture_output=True, text=True, check=True, timeout=300
        )
        line = re.search(r"^RESULT (.*)$", done.stdout, re.MULTILINE)
        if line is None:
            raise RuntimeError(f"wrk has no result: {done.stdout} {done.stderr}")
        result = msgspec.json.decode(line[1])
        succeeded = result["requests"] - result["failures"]
        return Outcome(
            requests=succeeded,
            events=succeeded * (BATCH if self.shape == "batch" else 1),
            seconds=result["microseconds"] / 1e6,
            p50=result["p50"] / 1000,
            p99=result["p99"] / 1000,
            failures=result["failures"],
            load_cpu=_children_cpu() - before,
        )

    def _command(self, seconds: float) -> list[str]:
        headers = [part for header in self.headers for part in ("-H", header)]
        script = [self.shape, self.kind, self.customers, self.skew, BATCH, next_run()]
        return [
            wrk(),
            *("-t1", f"-c{self.connections}", f"-d{max(1, round(seconds))}s", "--timeout", "10s"),
            *("-s", str(SCRIPT), *headers, self.url, "--"),
            *map(str, script),
            *([str(self.statement)] if self.statement else []),
        ]


def next_run() -> str:
    """A unique tag for a run of a load, which distinguishes its events."""
    return f"r{next(_runs)}"


def wrk() -> str:
    """The path of wrk. Raises RuntimeError with the command to install it."""
    path = shutil.which("wrk")
    if path is None:
        raise RuntimeError("wrk is missing: run apt-get install wrk, or brew install wrk")
    return path


def _children_cpu() -> float:
    # Only the CPU of ended children counts, which is that of wrk.
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
