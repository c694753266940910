import os
import sys

import psutil
import pytest
from structlog.testing import capture_logs

from app.graph.embedded.background_training import BackgroundTraining
from tests.support.server import wait_for


def _training(program, pid=os.getpid, delay=0, **measures):
    command = [sys.executable, "-c", program]
    return BackgroundTraining(command, pid, delay=delay, observed=0.01, **measures)


@pytest.fixture
def idle():
    """A process without load."""
    with psutil.Popen([sys.executable, "-c", "import time; time.sleep(600)"]) as process:
        wait_for(lambda: process.status() == psutil.STATUS_SLEEPING)
        yield process
        process.kill()


def _records(training):
    with capture_logs() as records:
        training.start()
        wait_for(lambda: not training.is_alive())
    return records


def test_that_an_aot_cache_was_made_is_logged_with_the_seconds(idle):
    (record,) = _records(_training("", lambda: idle.pid))

    assert (record["event"], record["log_level"]) == ("neo4j_aot_cache_created", "info")
    assert record["seconds"] >= 0


def test_why_none_could_be_made_is_logged(idle):
    program = "import sys; print('more', file=sys.stderr); sys.exit('the disk is full')"

    (record,) = _records(_training(program, lambda: idle.pid))

    assert (record["event"], record["log_level"]) == ("neo4j_aot_cache_failed", "warning")
    assert record["reason"] == "the disk is full"


def test_that_another_process_makes_it_is_not_logged(idle):
    assert _records(_training("import sys; sys.exit(75)", lambda: idle.pid)) == []


def test_a_stop_ends_the_process_at_once(idle, tmp_path):
    file = tmp_path / "pid"
    program = f"import os, time; open({str(file)!r}, 'w').write(str(os.getpid())); time.sleep(600)"
    training = _training(program, lambda: idle.pid)
    with capture_logs() as records:
        training.start()
        wait_for(lambda: file.exists() and file.read_text() != "")
        training.stop()

    assert not psutil.pid_exists(int(file.read_text()))
    assert records == []


def test_it_does_not_begin_before_its_delay(idle):
    training = _training("", lambda: idle.pid, delay=600)
    with capture_logs() as records:
        training.start()
        training.stop()

    assert records == []


def test_it_waits_while_there_is_load():
    measured = []

    def processor_seconds(pid):
        measured.append(pid)
        return float(len(measured))  # a second of CPU time in each observation of 0.01 s

    training = _training("", processor_seconds=processor_seconds)
    with capture_logs() as records:
        training.start()
        wait_for(lambda: len(measured) > 10)
        training.stop()

    assert records == []
