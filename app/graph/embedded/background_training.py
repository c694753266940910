"""Background training: a process that makes the AOT cache while Neo4j has little to do."""

import os
import subprocess
import threading
import time
from collections.abc import Callable, Sequence

import structlog

from app.graph.embedded import java

DELAY_SECONDS = 60.0  # after Neo4j is ready
OBSERVED_SECONDS = 10.0
MAX_LOAD = 0.2  # of one core, in the observed seconds
TIMEOUT_SECONDS = 1800.0
STOP_TIMEOUT_SECONDS = 5.0

log = structlog.get_logger()


class BackgroundTraining:
    """Runs the program `command` once, when the process of `pid` has little to do.

    The program makes the AOT cache: its exit code is 0 if there is one, 75 if another process makes
    it, and another one if that failed, with the reason on standard error.

    It begins at the earliest after `delay` seconds, and observes the load for `observed` seconds.
    `processor_seconds` returns the CPU time that a process has used.
    """

    def __init__(
        self,
        command: Sequence[str],
        pid: Callable[[], int | None],
        delay: float = DELAY_SECONDS,
        observed: float = OBSERVED_SECONDS,
        processor_seconds: Callable[[int | None], float] = java.processor_seconds,
    ) -> None:
        self._command = command
        self._pid = pid
        self._processor_seconds = processor_seconds
        self._delay = delay
        self._observed = observed
        self._stopping = threading.Event()
        self._process: subprocess.Popen[str] | None = None
        self._guard = threading.Lock()  # the process is started or terminated, never both
        # The process ends with the thread that starts it.
        self._thread = threading.Thread(target=self._run, name="aot-cache", daemon=True)

    def start(self) -> None:
        """Begins to wait for a time with little load."""
        self._thread.start()

    def is_alive(self) -> bool:
        """Whether it waits, or the process runs."""
        return self._thread.is_alive()

    def stop(self) -> None:
        """Ends the process, and all that it started, and returns when they have ended."""
        with self._guard:
            self._stopping.set()
            if self._process:
                self._process.terminate()
        self._thread.join(STOP_TIMEOUT_SECONDS)
        if self._process:
            self._process.kill()
        self._thread.join()

    def _run(self) -> None:
        if self._stopping.wait(self._delay) or not self._wait_for_little_load():
            return
        began = time.monotonic()
        try:
            exit_code, error = self._make()
        except (OSError, subprocess.TimeoutExpired) as failure:
            exit_code, error = os.EX_OSERR, str(failure)
        if exit_code == 0:
            log.info("neo4j_aot_cache_created", seconds=round(time.monotonic() - began))
        elif exit_code != os.EX_TEMPFAIL and not self._stopping.is_set():
            log.warning("neo4j_aot_cache_failed", reason=error or f"exit code {exit_code}")

    def _wait_for_little_load(self) -> bool:
        """Returns True once the load is low, False if `stop` was called before."""
        while True:
            pid = self._pid()
            before = self._processor_seconds(pid)
            if self._stopping.wait(self._observed):
                return False
            used = self._processor_seconds(pid) - before
            if pid == self._pid() and used < MAX_LOAD * self._observed:
                return True

    def _make(self) -> tuple[int, str]:
        """Runs the process. Returns its exit code, and the last line of its standard error."""
        with self._guard:
            if self._stopping.is_set():
                return os.EX_TEMPFAIL, ""
            self._process = subprocess.Popen(  # noqa: S603 - the arguments are our own
                java.bound_to_this_process(*self._command),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                text=True,
                start_new_session=True,  # Ctrl-C reaches the service alone
            )
        try:
            _, output = self._process.communicate(timeout=TIMEOUT_SECONDS)
        finally:
            self._process.terminate()
        return self._process.returncode, "".join(output.strip().splitlines()[-1:])
