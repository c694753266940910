"""`python -m app import`: files of events, through the command, on the test database."""

import gzip
import json
import os
import signal
import subprocess
import sys

import pytest
from backports import zstd

from app.bulk.windows import MAX_WINDOW_ROWS
from tests.support import command
from tests.support.forwarder import Forwarder
from tests.support.server import wait_for

pytest_plugins = ["tests.support.erasing"]


@pytest.fixture
def run(environment, tmp_path, address):
    """Runs `python -m app import` in a folder of the test's own, with bytes for its input."""

    def run(*arguments, stdin=b"", **variables):
        env = environment | variables
        return command.run("import", *arguments, env=env, cwd=tmp_path, stdin=stdin)

    return run


@pytest.fixture
def start(environment, tmp_path):
    """Starts `python -m app import` in the same folder, and gives the process."""
    processes = []

    def start(*arguments, **variables):
        process = subprocess.Popen(
            [sys.executable, "-m", "app", "import", *arguments],
            env=environment | variables | {"PYTHONPATH": os.getcwd()},
            cwd=tmp_path,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        processes.append(process)
        return process

    yield start
    for process in processes:
        process.kill()
        process.wait()


@pytest.fixture
def file(tmp_path):
    """Writes a file, given as bytes or as a list of events, and returns its name."""

    def write(name, content):
        tmp_path.joinpath(name).write_bytes(
            content if isinstance(content, bytes) else json_lines(content)
        )
        return name

    return write


@pytest.fixture
def stored(cypher):
    """The Touchpoints whose property `test` is a word, by the order of their timestamps."""

    def find(unique):
        rows = cypher(
            "MATCH (c:Customer)-[:HAS_TOUCHPOINT]->(t:Touchpoint {test: $unique}) "
            "RETURN t {.*} AS t, c.id AS customer ORDER BY t.timestamp, t.event",
            unique=unique,
        )
        return [row["t"] | {"customer": row["customer"]} for row in rows]

    return find


@pytest.fixture
def rejects(tmp_path):
    """The lines of the rejects file."""

    def read():
        content = tmp_path.joinpath("import-rejects.jsonl").read_text()
        return [json.loads(line) for line in content.splitlines()]

    return read


def json_lines(events):
    return b"".join(json.dumps(event).encode() + b"\n" for event in events)


def event(unique, number=0, **fields):
    return {
        "event": f"event_{number}",
        "externalId": f"{unique}-{number % 7}",
        "properties": {"test": unique},
        "timestamp": f"2026-04-29T10:14:32.{number:09}+02:00",
    } | fields


def broken_off(compress, unique):
    content = json_lines([event(unique, number) for number in range(400)])
    return compress(content + os.urandom(200_000).replace(b"\n", b""))[:-1000]


def names(touchpoints):
    return [touchpoint["event"] for touchpoint in touchpoints]


def test_every_event_of_a_file_is_stored_as_written(run, file, stored, unique):
    sent = [event(unique, number) for number in range(3)]

    done = run(file("events.jsonl", sent))

    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.startswith(b"3 stored, 0 rejected, in ")
    touchpoints = stored(unique)
    timestamps = [touchpoint["timestamp"] for touchpoint in touchpoints]
    assert timestamps == [event["timestamp"] for event in sent]
    assert [json.loads(touchpoint["properties"]) for touchpoint in touchpoints] == [
        {"test": unique}
    ] * 3


@pytest.mark.parametrize(
    "compress",
    [
        gzip.compress,
        zstd.compress,
        lambda content: gzip.compress(content[:9]) + gzip.compress(content[9:]),
    ],
)
def test_a_compressed_file_is_recognised_by_its_content_under_any_name(
    run, file, stored, unique, compress
):
    done = run(file("events", compress(json_lines([event(unique), event(unique, 1)]))))

    assert done.returncode == 0
    assert names(stored(unique)) == ["event_0", "event_1"]


@pytest.mark.parametrize("compress", [bytes, gzip.compress, zstd.compress])
def test_standard_input_is_read_under_a_name(run, stored, unique, compress):
    done = run("-", "--name", unique, stdin=compress(json_lines([event(unique)])))

    assert (done.returncode, done.stderr) == (0, b"")
    assert names(stored(unique)) == ["event_0"]


def test_standard_input_without_a_name_is_rejected(run, unique):
    done = run("-", stdin=json_lines([event(unique)]))

    assert done.returncode == 2
    assert b"--name" in done.stderr


@pytest.mark.parametrize("compress", [gzip.compress, zstd.compress])
def test_a_truncated_file_is_rejected_before_anything_is_stored(
    run, file, stored, unique, compress
):
    done = run(file("events.gz", broken_off(compress, unique)))

    assert done.returncode == 3
    assert b"Error: events.gz: after line" in done.stderr
    assert not stored(unique)


@pytest.mark.parametrize("compress", [gzip.compress, zstd.compress])
def test_a_truncated_stream_stores_the_events_before_the_end(run, stored, unique, compress):
    done = run("-", "--name", unique, stdin=broken_off(compress, unique))

    assert done.returncode == 3
    assert b"Error: standard input: after line" in done.stderr
    assert len(stored(unique)) == 400


def test_a_missing_file_is_wrong_usage(run):
    assert run("nothing.jsonl").returncode == 2


def test_invalid_records_go_to_the_rejects_file_and_the_rest_is_stored(
    run, file, stored, rejects, unique
):
    lines = [
        json.dumps(event(unique)).encode(),
        b"",
        b'{"event": "x", "email": "nobody"}',
        b"\xff",
        json.dumps(event(unique, customer="cus_nobody")).encode(),
        b'{"events": []}',
        json.dumps(event(unique, 1)).encode(),
    ]

    done = run(file("events.jsonl", b"\n".join(lines)))

    assert done.returncode == 1
    assert done.stdout.startswith(b"2 stored, 4 rejected (see import-rejects.jsonl)")
    assert names(stored(unique)) == ["event_0", "event_1"]
    rejected = rejects()
    assert [(reject["file"], reject["line"], reject["code"]) for reject in rejected] == [
        ("events.jsonl", line, "invalid_payload") for line in (3, 4, 5, 6)
    ]
    paths = [[detail["path"] for detail in reject["details"]] for reject in rejected]
    assert paths == [["email"], [""], ["customer"], ["events"]]
    assert [reject["record"] for reject in rejected] == [
        lines[2].decode(),
        "\\xff",
        lines[4].decode(),
        lines[5].decode(),
    ]


def test_a_line_that_is_too_long_is_rejected_and_the_next_one_is_read(
    run, file, stored, rejects, unique
):
    long = json_lines([event(unique, properties={"text": "x" * 600_000})])

    assert run(file("events.jsonl", long + json_lines([event(unique)]))).returncode == 1
    assert names(stored(unique)) == ["event_0"]
    (reject,) = rejects()
    assert (reject["line"], reject["details"][0]["message"]) == (1, "must be at most 512 KiB")
    assert len(reject["record"]) == 1000


def test_running_it_again_stores_nothing_twice(run, file, stored, unique):
    name = file("events.jsonl", [event(unique, number) for number in range(5)])

    runs = [run(name), run(name), run(name, "--restart")]

    assert [process.returncode for process in runs] == [0, 0, 0]
    assert {process.stdout.split(b",")[0] for process in runs} == {b"5 stored"}
    assert len(stored(unique)) == 5


def test_a_file_is_known_under_another_name_too(run, file, stored, unique):
    content = [event(unique), event(unique)]

    run(file("one.jsonl", content), file("other.jsonl", content))

    assert len(stored(unique)) == 2


def test_a_repeated_run_reports_the_rejects_again_and_adds_none_twice(run, file, rejects, unique):
    name = file("events.jsonl", json_lines([event(unique)]) + b"{}\n")

    runs = [run(name), run(name), run(name, "--restart")]

    assert [process.returncode for process in runs] == [1, 1, 1]
    assert len(rejects()) == 1


def test_a_named_file_may_grow(run, file, stored, unique):
    events = [event(unique, number) for number in range(4)]
    run(file("events.jsonl", events[:2]), "--name", unique)

    assert run(file("events.jsonl", events), "--name", unique).returncode == 0
    assert len(stored(unique)) == 4


def test_another_file_under_a_used_name_is_rejected(run, file, stored, unique):
    run(file("events.jsonl", [event(unique)]), "--name", unique)

    done = run(file("events.jsonl", [event(unique, 1)]), "--name", unique)

    assert done.returncode == 2
    assert b"another --name" in done.stderr
    assert names(stored(unique)) == ["event_0"]


def test_a_line_that_was_stored_cannot_be_replaced(run, file, stored, rejects, unique):
    run(file("events.jsonl", [event(unique), event(unique, 1)]), "--name", unique)

    changed = file("events.jsonl", [event(unique, 2), event(unique, 1)])

    assert run(changed, "--name", unique, "--restart").returncode == 1
    assert names(stored(unique)) == ["event_0", "event_1"]
    assert [(reject["line"], reject["code"]) for reject in rejects()] == [
        (1, "idempotency_conflict")
    ]


def test_a_named_field_identifies_an_event_in_any_file(run, file, stored, unique):
    events = [event(unique, number, order=f"{unique}{number}") for number in range(3)]

    run(file("one.jsonl", events[:2]), "--key", "order")
    done = run(file("two.jsonl", events[1:]), "--key", "order")

    assert (done.returncode, done.stdout[:8]) == (0, b"2 stored")
    assert len(stored(unique)) == 3


def test_a_record_without_its_key_is_rejected(run, file, rejects, unique):
    run(file("events.jsonl", [event(unique), event(unique, order={})]), "--key", "order")

    assert [reject["details"][0]["message"] for reject in rejects()] == [
        "is required",
        "must be a string or an integer",
    ]


def test_events_of_one_person_are_resolved_in_their_order(run, file, cypher, unique, phone):
    # In any other order, the last one's keys would make one Customer of the two.
    mail = f"{unique}@example.com"
    others = [event(unique, n, externalId=f"{unique}-{n}") for n in range(1200)]
    events = [
        {"event": "one", "email": mail},
        *others,
        {"event": "two", "phone": phone},
        *others,
        {"event": "both", "email": mail, "phone": phone},
    ]

    assert run(file("events.jsonl", events)).returncode == 0

    rows = cypher(
        "UNWIND [$mail, $phone] AS value "
        "MATCH (:Identifier {value: value})-[:IDENTIFIES]->(c:Customer) RETURN DISTINCT c.id",
        mail=mail,
        phone=phone,
    )
    assert len(rows) == 2


def test_a_killed_run_resumes_from_its_checkpoint(run, start, held, hold, file, cypher, unique):
    count = MAX_WINDOW_ROWS + 4000
    events = [event(unique, number) for number in range(count - 1)]
    name = file("events.jsonl", [*events, event(unique, externalId=f"{unique}-held")])
    hold("externalId", f"{unique}-held")
    process = start(name, "--name", unique)
    # Killed in its second window, of which a part is stored.
    wait_for(lambda: touchpoints(cypher, unique) > MAX_WINDOW_ROWS or process.poll() is not None)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    before = touchpoints(cypher, unique)
    held.rollback()

    done = run(name, "--name", unique)

    assert MAX_WINDOW_ROWS < before < count
    assert done.returncode == 0
    assert done.stdout.startswith(f"{count:,} stored".encode())
    assert touchpoints(cypher, unique) == count - 1  # the one that was held has another key


def test_stored_records_are_not_written_again(run, file, cypher, stored, unique):
    name = file("events.jsonl", [event(unique), event(unique, 1)])
    run(name)
    cypher("MATCH (t:Touchpoint {test: $unique}) DETACH DELETE t", unique=unique)

    assert run(name).returncode == 0
    assert stored(unique) == []


def test_a_csv_file_is_read_by_its_name(run, file, stored, unique):
    rows = f"event,externalId,properties.test\nbought,{unique},{unique}\n"

    assert run(file("events.CSV.gz", gzip.compress(rows.encode()))).returncode == 0
    assert names(stored(unique)) == ["bought"]


def test_unknown_columns_are_named_before_any_file_is_imported(run, file, stored, unique):
    rows = f"event,e-mail,externalId,Phone\nbought,,{unique},\n"

    done = run(file("events.jsonl", [event(unique)]), file("events.csv", rows.encode()))

    assert done.returncode == 2
    assert b"events.csv: unknown column 'e-mail'; unknown column 'Phone'" in done.stderr
    assert not stored(unique)


def test_a_segment_export_is_known_by_its_message_ids(run, file, stored, unique):
    call = {
        "type": "track",
        "event": "bought",
        "messageId": unique,
        "userId": unique,
        "properties": {"test": unique},
        "timestamp": "2026-04-29T10:14:32.123Z",
    }

    for name in ("one", "two"):
        done = run(file(name, [call, call | {"writeKey": name}]), "--format", "segment")

    assert (done.returncode, done.stdout[:8]) == (0, b"2 stored")
    (touchpoint,) = stored(unique)
    assert (touchpoint["event"], touchpoint["timestamp"]) == ("bought", call["timestamp"])


def test_an_outage_is_waited_for(start, database, held, hold, file, cypher, unique):
    count = 3000
    hold("externalId", f"{unique}-6")
    name = file("events.jsonl", [event(unique, number) for number in range(count)])
    with Forwarder(database.uri) as forwarder:
        process = start(name, NEO4J_URI=forwarder.uri)
        wait_for(lambda: touchpoints(cypher, unique) > 0)
        forwarder.close()
        during = touchpoints(cypher, unique)
        held.rollback()
        forwarder.open()
        assert process.wait(timeout=120) == 0

    assert 0 < during < count
    assert touchpoints(cypher, unique) == count


def test_an_unavailable_database_at_the_start_is_reported_at_once(run, file, unique):
    done = run(
        file("events.jsonl", [event(unique)]), NEO4J_URI="bolt://127.0.0.1:1", NEO4J_PASSWORD="x"
    )

    assert done.returncode == 3
    assert b"Traceback" not in done.stderr


def touchpoints(cypher, unique):
    (row,) = cypher(
        "UNWIND range(0, 6) AS n "
        "MATCH (:Identifier {kind: 'externalId', value: $unique + '-' + n})"
        "-[:IDENTIFIES]->(:Customer)-[:HAS_TOUCHPOINT]->(t) RETURN count(t) AS count",
        unique=unique,
    )
    return row["count"]


def test_an_erased_customer_is_not_created_again(run, file, cypher, client, erase, unique):
    event = {"event": "x", "email": f"{unique}@x.com"}
    customer = client.post("/v1/events", json=event).json()["customerId"]
    erase(customer)

    done = run("--create-customers", file("old.jsonl", [event | {"customer": customer}]))

    assert done.returncode == 1
    assert not cypher("MATCH (c:Customer {id: $id}) RETURN c", id=customer)
    assert not cypher("MATCH (i:Identifier {value: $value}) RETURN i", value=f"{unique}@x.com")
