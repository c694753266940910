"""The start of the service: its preparation of the database, its banner, and its interruption."""

import re
import signal

import psutil
import pytest

from app.graph.embedded.home import Home
from tests.support import http_client
from tests.support.forwarder import Forwarder
from tests.support.server import is_reachable, wait_for, wait_until_ready

# `waypath serve`, which prints a line for each rehearsal of the write.
SERVE = """
from app.cli.group import cli
from app.ingest.rehearsal import Rehearsal

run = Rehearsal.run

async def rehearse(self):
    print("rehearsal", flush=True)
    {before}
    await run(self)

Rehearsal.run = rehearse
cli(["serve"])
"""
PROMPTLY = 20  # seconds


@pytest.fixture
def serve_noting(serve):
    """Starts the service, which also prints each rehearsal. Gives its process and address."""

    def start(before="", **variables):
        return serve("-c", SERVE.format(before=before), **variables)

    return start


def output_after(process, signal_number=signal.SIGTERM):
    process.send_signal(signal_number)
    output, errors = process.communicate(timeout=60)
    assert (process.returncode, "Traceback" in errors) == (0, False), errors
    return output


def is_ready(address):
    return http_client.get(f"{address}/readyz").status_code == 200


def test_one_worker_rehearses_the_write_once(serve_noting):
    process, address = serve_noting()
    wait_for(lambda: is_reachable(address))
    wait_until_ready(address)

    assert output_after(process).count("rehearsal") == 1


def test_one_worker_is_ready_when_it_accepts_its_first_request(serve_noting):
    _, address = serve_noting()

    wait_for(lambda: is_reachable(address))

    assert is_ready(address)


def test_the_banner_comes_after_the_rehearsal(serve_noting):
    process, address = serve_noting()
    wait_for(lambda: is_reachable(address))

    output = output_after(process)

    assert re.match(r"rehearsal\n\nWaypath Events listens", output)


def test_several_workers_rehearse_before_the_banner(serve):
    process, address = serve(WAYPATH_WORKERS="2")
    wait_for(lambda: is_reachable(address))
    wait_until_ready(address)
    process.terminate()

    _, errors = process.communicate(timeout=60)

    # The main process prepares the database, and each worker then finds it prepared.
    assert errors.count("database_ready") == 3


def test_a_database_that_comes_later_is_rehearsed_then(serve_noting, database):
    with Forwarder(database.uri) as forwarder:
        forwarder.close()
        process, address = serve_noting(NEO4J_URI=forwarder.uri)
        wait_for(lambda: is_reachable(address))
        assert not is_ready(address)

        forwarder.open()

        wait_until_ready(address)
        output = output_after(process)
    assert output.index("Waypath Events listens") < output.index("rehearsal")


def test_after_an_outage_the_write_is_rehearsed_again(serve_noting, database):
    with Forwarder(database.uri) as forwarder:
        process, address = serve_noting(NEO4J_URI=forwarder.uri)
        wait_for(lambda: is_reachable(address))
        wait_until_ready(address)

        forwarder.close()
        wait_for(lambda: not is_ready(address))
        forwarder.open()

        wait_until_ready(address)
        assert output_after(process).count("rehearsal") == 2


@pytest.mark.parametrize("workers", ["1", "2"])
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_a_start_that_waits_for_the_database(serve_noting, workers, number):
    process, _ = serve_noting(
        before="import asyncio; await asyncio.sleep(3600)", WAYPATH_WORKERS=workers
    )
    assert process.stdout.readline() == "rehearsal\n"

    process.send_signal(number)

    output, errors = process.communicate(timeout=PROMPTLY)
    assert (process.returncode, output, "Traceback" in errors) == (0, "", False), errors


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_while_the_embedded_neo4j_starts_leaves_no_java(serve, tmp_path, number):
    home = Home(tmp_path / "neo4j")
    process, _ = serve(NEO4J_URI="", NEO4J_PASSWORD="", WAYPATH_DATA_DIR=str(tmp_path))
    wait_for(lambda: home.load_state() is not None)
    state = home.load_state()
    assert state

    process.send_signal(number)

    _, errors = process.communicate(timeout=60)
    assert (process.returncode, "Traceback" in errors) == (0, False), errors
    assert not psutil.pid_exists(state.pid)
