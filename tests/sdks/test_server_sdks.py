"""Segment's and RudderStack's SDKs for servers, unmodified, while the service is killed."""

import contextlib
import os
import subprocess
import sys
import uuid
from collections import Counter
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from app.access import api_keys
from tests.sdks import installation
from tests.support import http_client
from tests.support.server import wait_for

PROGRAMS = Path(__file__).parent / "programs"
OTHERS = ["identified", "page_viewed", "screen_viewed", "group_joined", "aliased"]

# The lock of each SDK from PyPI with its program, and variables of its own.
PYTHON = {
    "segment-analytics-python 2.4.0": ("segment-2.4", "segment_python.py", {}),
    "segment-analytics-python 2.3.4": ("segment-2.3", "segment_python.py", {}),
    "segment-analytics-python 2.3.4, gzip": ("segment-2.3", "segment_python.py", {"GZIP": "1"}),
    "analytics-python 1.4.post1": ("analytics-1.4", "segment_python.py", {}),
    "rudder-sdk-python 2.1.9": ("rudder-2.1", "rudder_python.py", {}),
}
NODE = {
    "@segment/analytics-node 3.1.0": "segment_node.mjs",
    "@rudderstack/rudder-sdk-node 3.0.13": "rudder_node.mjs",
}
SDKS = [*PYTHON, *NODE]
# These take an error without `code` and `message` for one of the network, and retry for minutes.
SENSITIVE = [
    "segment-analytics-python 2.3.4",
    "analytics-python 1.4.post1",
    "rudder-sdk-python 2.1.9",
]


def command(name, programs):
    """The command and the variables of the program of an SDK."""
    if name in NODE:
        return [installation.BIN / "node", programs / NODE[name]], {}
    lock, program, variables = PYTHON[name]
    path = {"PYTHONPATH": str(installation.python_path(lock))}
    return [sys.executable, programs / program], path | variables


@pytest.fixture(scope="module")
def programs(tmp_path_factory):
    """The programs, in a directory in which Node finds the packages."""
    folder = tmp_path_factory.mktemp("programs")
    for program in PROGRAMS.iterdir():
        (folder / program.name).write_bytes(program.read_bytes())
    (folder / "node_modules").symlink_to(installation.node_modules())
    return folder


@pytest.fixture(scope="module")
def sent(service, programs, api_key, events_of, tmp_path_factory):
    """The user of each SDK and the number of its steps, once all have sent all calls."""
    stop = tmp_path_factory.mktemp("sdks") / "stop"
    users = {name: uuid.uuid4().hex[:16] for name in SDKS}
    shared = os.environ | {
        "WAYPATH_URL": service.address,
        "WRITE_KEY": api_key,
        "STOP_FILE": str(stop),
    }
    with contextlib.ExitStack() as stack:
        processes = {}
        for name in SDKS:
            arguments, variables = command(name, programs)
            processes[name] = stack.enter_context(
                subprocess.Popen(
                    arguments,
                    env=shared | variables | {"USER_ID": users[name]},
                    stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE,
                    text=True,
                )
            )
            stack.callback(processes[name].kill)
        wait_for(lambda: all(len(events_of(user)) > 1 for user in users.values()))
        service.kill()
        service.start()
        stop.touch()
        outputs = {name: process.communicate(timeout=120) for name, process in processes.items()}
    return {
        name: (users[name], int(output), errors, processes[name].returncode)
        for name, (output, errors) in outputs.items()
    }


@pytest.mark.parametrize("name", SDKS)
def test_each_call_is_stored_once_although_the_service_was_killed(sent, events_of, name):
    user, steps, errors, exit_code = sent[name]

    assert exit_code == 0, errors
    names = Counter(touchpoint["event"] for touchpoint in events_of(user))
    assert names == Counter({"Stepped": steps} | dict.fromkeys(OTHERS, 1))
    numbers = [
        touchpoint["number"] for touchpoint in events_of(user) if touchpoint["event"] == "Stepped"
    ]
    assert sorted(numbers) == list(range(steps))


@pytest.mark.parametrize("name", SDKS)
def test_the_traits_identify_and_those_of_a_group_do_not(sent, events_of, cypher, name):
    user, *_ = sent[name]

    identifiers = cypher(
        "MATCH (:Identifier {kind: 'externalId', value: $user})-->(c)<--(i:Identifier) "
        "RETURN i.kind + ':' + i.value AS identifier",
        user=user,
    )
    assert {row["identifier"] for row in identifiers} == {
        f"email:{user}@acme.example",
        f"anonymousId:visitor-{user}",
    }


@pytest.mark.parametrize("name", SDKS)
def test_the_time_of_each_step_is_the_one_of_its_call(sent, events_of, name):
    user, *_ = sent[name]

    steps = [item for item in events_of(user) if item["event"] == "Stepped"]
    assert [item["number"] for item in steps] == sorted(item["number"] for item in steps)
    assert not any("clockSkew" in item for item in steps)


@pytest.fixture
def rejected_requests(service, make_key):
    """Counts the batches that the service rejected with 401."""
    key = make_key(api_keys.METRICS_READ)

    def count():
        text = http_client.get(f"{service.address}/metrics", headers={"X-API-Key": key}).text
        return sum(
            sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
            if sample.name == "waypath_http_requests_total"
            and (sample.labels["route"], sample.labels["status"]) == ("/v1/batch", "401")
        )

    return count


@pytest.mark.parametrize(
    "name",
    ["segment-analytics-python 2.3.4", "analytics-python 1.4.post1", "rudder-sdk-python 2.1.9"],
)
def test_an_sdk_does_not_retry_with_an_invalid_key(
    service, programs, rejected_requests, tmp_path, name
):
    before = rejected_requests()
    (tmp_path / "stop").touch()
    arguments, variables = command(name, programs)

    subprocess.run(
        arguments,
        env=os.environ
        | variables
        | {
            "WAYPATH_URL": service.address,
            "WRITE_KEY": api_keys.generate(),
            "STOP_FILE": str(tmp_path / "stop"),
            "USER_ID": "nobody",
        },
        capture_output=True,
        timeout=60,
        check=True,
    )

    assert 1 <= rejected_requests() - before <= len(OTHERS)
