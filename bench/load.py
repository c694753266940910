"""Loads: the senders of the workload, and their results."""

import re
import resource
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import msgspec

from bench.bodies import Bodies

SCRIPT = Path(__file__).with_name("bodies.lua")


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
    program_cpu: float = 0.0  # of a program that the load runs and measures itself


class Load(Protocol):
    """Sends the workload."""

    def run(self, seconds: float) -> Outcome:
        """Sends for some seconds, and waits for the responses."""
        ...


@dataclass(frozen=True)
class Wrk:
    """wrk: on each of its connections, it sends the next request after each response.

    Without bodies, the requests are GET. With a `size` above one, each has a batch of events, in
    the member `name`.
    """

    url: str
    connections: int
    headers: Sequence[str]
    bodies: Bodies | None
    size: int = 1
    name: str = "events"

    def run(self, seconds: float) -> Outcome:
        """Sends for some seconds, and waits for the responses."""
        before = children_cpu()
        done = subprocess.run(  # noqa: S603 - the arguments are our own
            self._command(seconds), capture_output=True, text=True, check=True, timeout=300
        )
        line = re.search(r"^RESULT (.*)$", done.stdout, re.MULTILINE)
        if line is None:
            raise RuntimeError(f"wrk has no result: {done.stdout} {done.stderr}")
        result = msgspec.json.decode(line[1])
        if self.bodies:
            self.bodies.advance(result["bodies"])
        succeeded = result["requests"] - result["failures"]
        return Outcome(
            requests=succeeded,
            events=succeeded * self.size,
            seconds=result["microseconds"] / 1e6,
            p50=result["p50"] / 1000,
            p99=result["p99"] / 1000,
            failures=result["failures"],
            load_cpu=children_cpu() - before,
        )

    def _command(self, seconds: float) -> list[str]:
        headers = [part for header in self.headers for part in ("-H", header)]
        script = [str(self.size)]
        if self.bodies:
            position = self.bodies.position
            script += [str(self.bodies.file), str(position.byte), str(position.tag), self.name]
        return [
            wrk(),
            *("-t1", f"-c{self.connections}", f"-d{max(1, round(seconds))}s", "--timeout", "10s"),
            *("-s", str(SCRIPT), *headers, self.url, "--", *script),
        ]


def wrk() -> str:
    """The path of wrk. Raises RuntimeError with the command to install it."""
    path = shutil.which("wrk")
    if path is None:
        raise RuntimeError("wrk is missing: run apt-get install wrk, or brew install wrk")
    return path


def children_cpu() -> float:
    """The CPU time of the ended children of this process, in seconds."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
