"""`waypath tail`: events as they arrive, a line each."""

import contextlib
import json
import os
import select
import signal
import subprocess
import sys

import pytest

from app.access import api_keys
from app.activity.record import Record
from app.cli.tail import describe, printable
from app.domain.event_warnings import EventWarning
from app.settings import Settings
from tests.support import http_client
from tests.support.server import serving, wait_until_ready


@pytest.fixture(scope="module")
def reader_key(make_key):
    return make_key(api_keys.EVENTS_READ)


class Tail:
    """`python -m app tail` as a process, once it is connected."""

    def __init__(self, environment, address, key, *options):
        self.process = subprocess.Popen(
            [sys.executable, "-m", "app", "tail", "--url", address, *options],
            env=environment | {"WAYPATH_API_KEY": key},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,  # a line in a buffer would not be ready for `select`
        )

    def line(self, stream=None):
        """Its next line of standard output, or of another stream of it."""
        stream = stream or self.process.stdout
        assert stream is not None
        ready, _, _ = select.select([stream], [], [], 30)
        assert ready, "it printed nothing"
        return stream.readline().decode().rstrip("\n")


@pytest.fixture
def tail(environment, address, reader_key):
    """Starts the command on the shared service, or on another one."""
    with contextlib.ExitStack() as stack:

        def start(*options, at=address, key=reader_key):
            started = Tail(environment, at, key, *options)
            stack.callback(started.process.communicate)
            stack.callback(started.process.kill)
            assert started.line(started.process.stderr) == "Shows the events of this instance."
            return started

        yield start


def test_a_stored_event_is_a_line(tail, ingest, unique):
    running = tail("--customer", unique)

    result = ingest(event="met", externalId=unique)

    parts = running.line().split()
    assert parts[1:] == [
        "stored",
        "met",
        f"externalId:{unique}",
        result["customerId"],
        "new",
        "[test]",
    ]


def test_a_rejected_event_has_its_errors_in_the_line(tail, client, unique):
    running = tail("--rejected", "--customer", unique)

    client.post("/v1/events", json={"event": "a", "externalId": unique})
    client.post("/v1/events", json={"event": "b", "externalId": unique, "timestamp": "now"})

    line = running.line()
    assert "rejected   b" in line
    assert "invalid_payload  timestamp must be" in line


def test_a_record_is_printed_as_json(tail, ingest, unique):
    running = tail("--json", "--event", unique)

    ingest(event=unique, externalId=unique)

    assert json.loads(running.line())["event"] == unique


def test_it_begins_with_recent_events(tail, database, api_key, unique, tmp_path):
    # A service of its own: other tests fill the stream that they share.
    with serving(database, Settings(data_dir=str(tmp_path))) as address:
        wait_until_ready(address)
        headers, event = {"X-API-Key": api_key}, {"event": "before", "externalId": unique}
        http_client.post(f"{address}/v1/events", json=event, headers=headers, timeout=30)

        running = tail("--customer", unique, "--recent", "1", at=address)

        assert "before" in running.line()
        running.process.kill()


def test_it_ends_with_success_on_an_interrupt(tail):
    running = tail()

    running.process.send_signal(signal.SIGINT)

    assert (running.process.wait(30), running.process.stderr.read()) == (0, b"")


def test_it_ends_with_success_when_nothing_reads_its_output(tail, ingest, unique):
    running = tail("--customer", unique)
    os.close(os.dup(running.process.stdout.fileno()))
    running.process.stdout.close()

    ingest(event="x", externalId=unique)

    assert running.process.wait(30) == 0
    assert running.process.stderr.read() == b""


def test_it_resumes_after_a_restart_of_the_service(tail, database, reader_key, api_key, unique):
    with serving(database) as address:
        wait_until_ready(address)
        running = tail("--customer", unique, at=address)
        port = int(address.rpartition(":")[2])
    assert "Connection lost" in running.line(running.process.stderr)

    with serving(database, port=port) as address:
        wait_until_ready(address)
        assert running.line(running.process.stderr).startswith(("Shows", "Connection"))
        headers = {"X-API-Key": api_key}
        event = {"event": "again", "externalId": unique}
        http_client.post(f"{address}/v1/events", json=event, headers=headers, timeout=30)

        assert "again" in running.line()


@pytest.mark.parametrize(
    ("key", "message"), [("wp_live_none", "401"), (None, "403")], ids=["unknown", "without scope"]
)
def test_it_fails_if_the_service_rejects_the_api_key(cli, address, api_key, key, message):
    done = cli("tail", "--url", address, WAYPATH_API_KEY=key or api_key)

    assert (done.returncode, message in done.stderr) == (1, True)


def test_it_fails_if_there_is_no_service(cli, free_port):
    done = cli("tail", "--url", f"http://127.0.0.1:{free_port}", WAYPATH_API_KEY="x")

    assert done.returncode == 1
    assert "cannot reach http://127.0.0.1" in done.stderr


def test_it_requires_an_api_key(cli, address, tmp_path):
    done = cli("tail", "--url", address, WAYPATH_DATA_DIR=str(tmp_path), WAYPATH_API_KEY="")

    assert (done.returncode, "WAYPATH_API_KEY is not set" in done.stderr) == (1, True)


@pytest.mark.parametrize(
    ("code", "path", "text"),
    [
        ("blocked_key", "email", "ignored email"),
        ("invalid_identifier", "traits.email", "ignored traits.email"),
        ("clock_skew", "sentAt", "sentAt clock_skew"),
        ("idempotency_conflict", "messageId", "messageId idempotency_conflict"),
    ],
)
def test_a_warning_is_in_the_line(code, path, text):
    warning = EventWarning(path, code, "the reason")
    record = Record("p.1", "2026-04-29T10:14:32.123Z", "segment", "stored", warnings=[warning])

    assert f"  {text}  " in describe(record)


@pytest.mark.parametrize("text", ["\x1b[31m", "\u202e", "\n", "\x9b1m"])
def test_a_line_has_no_text_that_controls_a_terminal(text):
    assert text not in printable(f"a{text}b")
