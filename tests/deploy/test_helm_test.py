"""The test of the Helm chart, run as its pod runs it, against a service."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.helm_chart import container, only, rendered


@pytest.fixture
def program():
    """The command of the pod, without the address of the service."""
    test = container(only(rendered("minimal"), "Pod", "waypath-events-test"))
    assert test["command"] == ["python", "-c"]
    script, url = test["args"]
    assert url == "http://waypath-events:8000"
    return [sys.executable, "-c", script]


@pytest.fixture
def run(program, environment, tmp_path):
    """Runs the program with the address of a service."""
    waypath = tmp_path / "waypath"
    waypath.write_text(f'#!/bin/sh\nexec {sys.executable} -m app "$@"\n')
    waypath.chmod(0o755)
    path = os.pathsep.join([str(tmp_path), environment["PATH"]])

    def start(address):
        return subprocess.run(
            [*program, address],
            env=environment | {"PATH": path},
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    return start


def test_it_sends_an_event_and_reads_it_back(run, address):
    done = run(address)

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "ok: an event was stored once, and read back\n"


def test_it_leaves_neither_a_customer_nor_an_active_api_key(run, address, cypher):
    assert run(address).returncode == 0

    assert cypher("MATCH (t:Touchpoint {event: 'helm_tested'}) RETURN t.eventId") == []
    keys = cypher("MATCH (k:ApiKey) WHERE k.name STARTS WITH 'helm-test-' RETURN k.revokedAt AS at")
    assert keys
    assert [key for key in keys if key["at"] is None] == []


def test_it_fails_if_the_service_is_not_one(run, free_port, tmp_path):
    # An HTTP server that is always ready, and knows no other route.
    (tmp_path / "readyz").write_text("{}")
    server = subprocess.Popen(
        [sys.executable, "-m", "http.server", str(free_port), "--bind", "127.0.0.1"],
        cwd=tmp_path,
        stderr=subprocess.DEVNULL,
    )
    try:
        done = run(f"http://127.0.0.1:{free_port}")
    finally:
        server.kill()
        server.wait()

    assert done.returncode == 1
    assert "POST /v1/events returned 501" in done.stderr


def test_the_hook_runs_on_helm_test_alone():
    annotations = only(rendered("minimal"), "Pod", "waypath-events-test")["metadata"]["annotations"]

    assert annotations["helm.sh/hook"] == "test"
    assert Path("/tmp") in {
        Path(mount["mountPath"])
        for mount in container(only(rendered("minimal"), "Pod", "waypath-events-test"))[
            "volumeMounts"
        ]
    }
