"""`python -m app`, each run a process of its own: a fork of one that has its modules loaded."""

import contextlib
import multiprocessing
import os
import sys
import tempfile
from collections.abc import Mapping, Sequence
from multiprocessing.reduction import DupFd
from subprocess import CompletedProcess, TimeoutExpired
from typing import Any

from app.cli.group import COMMANDS, cli

FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(
    ["__main__", __name__, *(target.partition(":")[0] for target, _ in COMMANDS.values())]
)
TIMEOUT = 120  # seconds


class Stream:
    """A file descriptor that a new process is given a duplicate of."""

    def __init__(self, fd: int) -> None:
        self.fd = fd

    def __getstate__(self) -> Any:
        return DupFd(self.fd)

    def __setstate__(self, duplicate: Any) -> None:
        self.fd = duplicate.detach()


def run(
    *arguments: str,
    env: Mapping[str, str],
    cwd: str | os.PathLike[str] = ".",
    stdin: bytes = b"",
) -> CompletedProcess[bytes]:
    """The exit code of `waypath` with `arguments`, and its output.

    Raises TimeoutExpired, and ends it, if it takes over two minutes.
    """
    source, sink = os.pipe()
    with tempfile.TemporaryFile() as stdout, tempfile.TemporaryFile() as stderr:
        streams = [Stream(fd) for fd in (source, stdout.fileno(), stderr.fileno())]
        process = FORKS.Process(target=_call, args=(arguments, dict(env), cwd, streams))
        process.start()
        os.close(source)
        with contextlib.suppress(BrokenPipeError), open(sink, "wb") as pipe:
            pipe.write(stdin)
        process.join(TIMEOUT)
        if process.exitcode is None:
            process.kill()
            process.join()
            raise TimeoutExpired(arguments, TIMEOUT)
        for output in (stdout, stderr):
            output.seek(0)
        return CompletedProcess(arguments, process.exitcode, stdout.read(), stderr.read())


def _call(
    arguments: Sequence[str],
    env: Mapping[str, str],
    cwd: str | os.PathLike[str],
    streams: Sequence[Stream],
) -> None:
    for number, stream in enumerate(streams):
        os.dup2(stream.fd, number)
    sys.stdin, sys.stdout = os.fdopen(0), os.fdopen(1, "w")
    sys.stderr = os.fdopen(2, "w", buffering=1)
    os.environ.clear()
    os.environ.update(env)
    os.chdir(cwd)
    cli(arguments, prog_name="python -m app")
