"""The load of an import: files of the workload, each imported by `waypath import`."""

import os
import subprocess
import sys
import time
from dataclasses import dataclass

from bench.bodies import Bodies
from bench.database import Database
from bench.load import Outcome, children_cpu

FIRST_RATE = 3_000  # events per second, for the size of the first file


@dataclass(frozen=True)
class _Run:
    seconds: float
    cpu: float


class Import:
    """Imports a file of about as many events as take the given time.

    The times exclude those of the start of the command, which an import of one event measures.
    """

    def __init__(self, database: Database, bodies: Bodies) -> None:
        self._environment = {**os.environ, **database.environment()}
        self._file = database.home / "import.jsonl"
        self._rejects = database.home / "rejects.jsonl"
        self._bodies = bodies
        self._rate = FIRST_RATE

    def run(self, seconds: float) -> Outcome:
        """Imports for about some seconds."""
        events = max(1, round(self._rate * seconds))
        start, whole = self._import(1), self._import(1 + events)
        took = whole.seconds - start.seconds
        self._rate = round(events / took)
        milliseconds = took * 1000
        cpu = whole.cpu - start.cpu
        return Outcome(1, events, took, milliseconds, milliseconds, 0, 0.0, program_cpu=cpu)

    def _import(self, events: int) -> _Run:
        self._file.write_bytes(b"\n".join(self._bodies.take(events)) + b"\n")
        cpu, began = children_cpu(), time.monotonic()
        command = ("-m", "app", "import", str(self._file), "--rejects", str(self._rejects))
        done = subprocess.run(  # noqa: S603 - the arguments are our own
            [sys.executable, *command],
            env=self._environment,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode or f"{events:,} stored, 0 rejected" not in done.stdout:
            raise RuntimeError(f"the import failed: {done.stdout} {done.stderr}")
        return _Run(time.monotonic() - began, children_cpu() - cpu)
