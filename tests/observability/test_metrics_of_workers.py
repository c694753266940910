"""The metrics of a service with two workers: each of them returns those of both."""

import contextlib
import subprocess
import sys

import httpx2
import psutil
import pytest

from app.access import api_keys
from tests.support import http_client
from tests.support.metrics import scrape, value
from tests.support.server import wait_for

NEW = {"outcome": "stored", "resolved_by": "new"}
METRICS_200 = {"method": "GET", "route": "/metrics", "status": "200"}


@pytest.fixture
def key(make_key):
    return make_key(api_keys.METRICS_READ)


@pytest.fixture
def service(serve, tmp_path):
    """A service with two workers, and its address."""
    process, address = serve(WAYPATH_WORKERS="2", TMPDIR=str(tmp_path))
    wait_for(lambda: responses(address))
    return process, address


def responses(address):
    try:
        return http_client.get(f"{address}/readyz").status_code == 200
    except httpx2.TransportError:
        return False


def workers(process):
    """The worker processes that live, less Python's own helper."""
    living = set()
    for child in psutil.Process(process.pid).children():
        with contextlib.suppress(psutil.NoSuchProcess):
            living |= {child} if "spawn_main" in " ".join(child.cmdline()) else set()
    return living


@pytest.fixture
def send(service, api_key, unique):
    """Sends events of new people until two workers have responded; returns how many."""

    def until_both(name):
        seen = set()
        sent = 0
        while len(seen) < 2:
            response = http_client.post(
                f"{service[1]}/v1/events",
                json={"event": "x", "externalId": f"{unique}{name}{sent}"},
                headers={"X-API-Key": api_key},
                timeout=30,
            )
            assert response.status_code == 200
            seen.add(response.headers["x-request-id"][:20])  # begins with its process's own
            sent += 1
        return sent

    return until_both


def test_each_worker_reports_the_metrics_of_both(service, send, key):
    sent = send("a")

    scrapes = [scrape(service[1], key) for _ in range(10)]

    assert {value(series, "events_total", **NEW) for series in scrapes} == {sent}
    assert {value(series, "commit_size_events_sum") for series in scrapes} == {sent}
    requests = [value(series, "http_requests_total", **METRICS_200) for series in scrapes]
    assert requests == list(range(10))
    assert {value(series, "database_up") for series in scrapes} == {1}


def names_of_files(folder):
    """The files in which workers share their metrics, and their slots."""
    # Killed workers leave the sockets of the live stream for others to remove.
    return sorted(file.name for file in folder.glob("*/*") if file.suffix != ".sock")


def test_counts_of_dead_workers_stay_and_their_successors_continue_them(
    service, send, key, tmp_path
):
    process, address = service
    sent = send("a")
    files = names_of_files(tmp_path)
    dead = workers(process)
    for worker in dead:
        worker.kill()
    wait_for(lambda: len(workers(process) - dead) == 2)
    wait_for(lambda: responses(address))

    sent += send("b")

    assert value(scrape(address, key), "events_total", **NEW) == sent
    assert names_of_files(tmp_path) == files


def test_nothing_is_left_when_it_stops(service, tmp_path):
    process, _ = service
    assert list(tmp_path.iterdir())

    process.terminate()
    process.communicate(timeout=30)

    assert not list(tmp_path.iterdir())


def test_a_directory_that_is_not_ours_is_left_alone(serve, tmp_path, key):
    _, address = serve(PROMETHEUS_MULTIPROC_DIR=str(tmp_path / "theirs"))
    wait_for(lambda: responses(address))

    assert value(scrape(address, key), "database_up") == 1


# Returns the length of its queue at each request.
WORKER = """
import os, sys
from app.observability.metrics import DIRECTORY, Metrics
metrics = Metrics(os.environ[DIRECTORY])
metrics.set_queue_depth(int(sys.argv[1]))
for _ in sys.stdin:
    lines = metrics.render().decode().splitlines()
    print(*[line for line in lines if line.startswith("waypath_ingest_queue_events ")], flush=True)
"""


@pytest.fixture
def worker(environment, tmp_path):
    """Starts a process in which events wait, and gives it with what asks it how many do in all."""
    processes = []

    def start(queued):
        process = subprocess.Popen(
            [sys.executable, "-c", WORKER, str(queued)],
            env=environment | {"PROMETHEUS_MULTIPROC_DIR": str(tmp_path)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        processes.append(process)

        def ask():
            assert process.stdin
            assert process.stdout
            process.stdin.write("\n")
            process.stdin.flush()
            return float(process.stdout.readline().split()[1])

        return process, ask

    yield start
    for process in processes:
        process.kill()
        process.communicate()


def test_waiting_events_of_a_dead_worker_are_not_counted(worker):
    _, ask = worker(3)
    assert ask() == 3
    other, ask_other = worker(4)
    assert ask_other() == ask() == 7

    other.kill()
    other.wait()

    assert ask() == 3
