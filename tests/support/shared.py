"""Things that the processes of a run share: a folder, and programs that one starts for all."""

import contextlib
import os
import signal
import subprocess
from pathlib import Path

import pytest

FOLDER = pytest.StashKey[Path]()  # of a run
_started: list[subprocess.Popen[bytes]] = []  # if one is collected while it runs, Python warns


def add_process(config: pytest.Config, process: subprocess.Popen[bytes]) -> None:
    """Has the run end a program when the tests of all processes have ended."""
    (config.stash[FOLDER] / f"{process.pid}.pid").touch()
    _started.append(process)


def kill_processes(config: pytest.Config) -> None:
    """Ends the programs with SIGKILL."""
    for file in config.stash[FOLDER].glob("*.pid"):
        with contextlib.suppress(ProcessLookupError):
            os.kill(int(file.stem), signal.SIGKILL)
