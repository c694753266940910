"""The shared fixtures: one Neo4j for the whole run, a service on it, and API keys for it."""

import asyncio
import gc
import os
import subprocess
import sys
import tempfile
import uuid
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from filelock import ReadWriteLock
from httpx2 import Client
from hypothesis import settings as hypothesis_settings
from neo4j import Driver, GraphDatabase, Transaction

from app.access import api_keys
from app.domain import ids
from app.graph.connection import Database
from app.graph.graph import Graph
from app.graph.migrations import definitions
from app.graph.migrations.runner import Migrator
from tests.support import command, http_client, ports, shared
from tests.support.database import DATABASE, TestDatabase, start
from tests.support.phones import phone_number
from tests.support.server import SUPPRESSION_SECRET_FILE, serving, wait_for, wait_until_ready
from tests.support.tracked import Track, tracking

hypothesis_settings.register_profile("default", deadline=None, derandomize=True)
hypothesis_settings.register_profile("long", deadline=None, print_blob=True)
hypothesis_settings.load_profile("default")

Rows = Callable[..., list[dict[str, Any]]]


def pytest_configure(config: pytest.Config) -> None:
    if worker_input := getattr(config, "workerinput", None):
        config.stash[DATABASE] = msgspec.convert(worker_input["database"], TestDatabase)
        config.stash[shared.FOLDER] = Path(worker_input["folder"])
    elif not config.option.collectonly:
        config.stash[DATABASE], stop = start()
        config.add_cleanup(stop)
        folder = tempfile.TemporaryDirectory(prefix="waypath-tests-", ignore_cleanup_errors=True)
        config.stash[shared.FOLDER] = Path(folder.name)
        config.add_cleanup(folder.cleanup)
        config.add_cleanup(lambda: shared.kill_processes(config))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """How many processes run the tests: one more than cores, for while one of them waits."""
    return (os.cpu_count() or 1) + 1


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Passes what they share to a process that runs a part of the tests."""
    node.workerinput["database"] = msgspec.to_builtins(node.config.stash[DATABASE])
    node.workerinput["folder"] = str(node.config.stash[shared.FOLDER])


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Rejects tests of one name: parallel processes would run only one of them."""
    names = Counter(item.nodeid for item in items)
    if twice := [name for name, count in names.items() if count > 1]:
        raise pytest.UsageError(f"several tests are called {', '.join(twice)}")


def pytest_collection_finish() -> None:
    """Has the garbage collector leave alone what the tests are made of, since it stays."""
    gc.collect()
    gc.freeze()


def pytest_report_header(config: pytest.Config) -> str:
    return str(config.stash.get(DATABASE, "neo4j: none, nothing runs"))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """Has a test that is marked `alone` wait for those of other processes, and them for it."""
    lock = ReadWriteLock(item.config.stash[shared.FOLDER] / "turns")
    with lock.write_lock() if item.get_closest_marker("alone") else lock.read_lock():
        return (yield)


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def database(pytestconfig: pytest.Config) -> Database:
    return pytestconfig.stash[DATABASE].database


@pytest.fixture(scope="session")
def driver(database: Database) -> Iterator[Driver]:
    auth = (database.username, database.password) if database.password else None
    with GraphDatabase.driver(database.uri, auth=auth, notifications_min_severity="OFF") as driver:
        yield driver


@pytest.fixture(scope="session")
def cypher(driver: Driver, database: Database) -> Rows:
    """Runs Cypher on the test database, and returns its rows."""

    def run(query: str, **parameters: Any) -> list[dict[str, Any]]:
        return driver.execute_query(query, parameters, database_=database.name)[0]  # type: ignore

    return run


@pytest.fixture
def held(driver: Driver, database: Database) -> Iterator[Transaction]:
    """A transaction that a test begins, and ends when it likes."""
    with driver.session(database=database.name) as session:
        transaction = session.begin_transaction()
        yield transaction
        if not transaction.closed():
            transaction.rollback()


@pytest.fixture
def hold(held: Transaction) -> Callable[[str, str], None]:
    """Makes each write of a new identifier wait until the transaction `held` ends."""

    def key(kind: str, value: str) -> None:
        new = "MERGE (:Identifier {kind: $kind, value: $value})"
        held.run(new, kind=kind, value=value).consume()

    return key


@pytest.fixture
def blocked(cypher: Callable[..., Any]) -> Callable[[str], None]:
    """Waits until a transaction with a word in its parameters waits for a lock of another one."""

    def is_blocked(word: str) -> bool:
        return any(
            row["status"].startswith("Blocked") and word in str(row["parameters"])
            for row in cypher("SHOW TRANSACTIONS YIELD status, parameters")
        )

    return lambda word: wait_for(lambda: is_blocked(word))


@pytest.fixture
async def graph(database: Database) -> AsyncIterator[Graph]:
    graph = Graph(database)
    yield graph
    await graph.close()


@pytest.fixture(scope="session")
def make_key(database: Database) -> Callable[..., str]:
    """Creates an API key with the scopes given, and returns its text."""

    def make(*scopes: str) -> str:
        return asyncio.run(_make_key(database, scopes))

    return make


@pytest.fixture(scope="session")
def make_browser_key(database: Database) -> Callable[..., str]:
    """Creates a browser key for pages of the origins given, and returns its text."""

    def make(*origins: str) -> str:
        return asyncio.run(_make_key(database, (api_keys.BROWSER_WRITE,), list(origins)))

    return make


async def _make_key(
    database: Database, scopes: tuple[str, ...], origins: list[str] | None = None
) -> str:
    graph = Graph(database)
    try:
        await Migrator(graph, definitions.load()).apply()
        key = api_keys.generate(api_keys.PREFIX if origins is None else api_keys.BROWSER_PREFIX)
        await graph.write(
            "api_key_create",
            id=ids.new_key_id(),
            name="test",
            hash=api_keys.digest(key),
            scopes=list(scopes),
            origins=origins,
        )
        return key
    finally:
        await graph.close()


@pytest.fixture(scope="session")
def api_key(make_key: Callable[..., str]) -> str:
    return make_key(api_keys.EVENTS_WRITE)


@pytest.fixture(scope="session")
def address(database: Database) -> Iterator[str]:
    """Where a service on the test database is."""
    with serving(database) as address:
        wait_until_ready(address)
        yield address


@pytest.fixture(scope="session")
def client(address: str, api_key: str) -> Iterator[Client]:
    """Calls the service with a key that may write events."""
    with http_client.Client(base_url=address, headers={"X-API-Key": api_key}, timeout=30) as client:
        yield client


@pytest.fixture(scope="session")
def ingest(client: Client) -> Callable[..., Any]:
    """Sends an event, given by its fields, or a list of them; returns the response."""

    def send(events: list[dict[str, Any]] | None = None, **event: Any) -> Any:
        body = {"events": events} if events is not None else {"event": "page_viewed", **event}
        return http_client.ok_json(client.post("/v1/events", json=body))

    return send


@pytest.fixture(scope="module")
def track(database: Database, address: str) -> Iterator[Track]:
    """Stores events of tracking SDKs, which may have an anonymousId; returns their results."""
    with tracking(database) as track:
        yield track


@pytest.fixture(scope="session")
def environment(database: Database) -> dict[str, str]:
    """The environment of a service's process on the test database."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("WAYPATH_")}
    return own | {
        "NEO4J_URI": database.uri,
        "NEO4J_USERNAME": database.username,
        "NEO4J_PASSWORD": database.password or "",
        "NEO4J_DATABASE": database.name,
        "WAYPATH_SUPPRESSION_SECRET_FILE": str(SUPPRESSION_SECRET_FILE),
    }


@pytest.fixture(scope="session")
def cli(environment):
    """Runs `python -m app` with arguments; keywords are variables of its environment."""

    def run(*arguments, stdin="", **variables):
        done = command.run(*arguments, env=environment | variables, stdin=stdin.encode())
        outputs = (output.decode() for output in (done.stdout, done.stderr))
        return subprocess.CompletedProcess(done.args, done.returncode, *outputs)

    return run


@pytest.fixture
def free_port() -> int:
    """A port without a listener."""
    return ports.free_port()


@pytest.fixture
def serve(environment, free_port):
    """Starts `python -m app serve`, or other arguments of Python. Gives the process and address."""
    processes = []

    def start(*arguments, **variables):
        process = subprocess.Popen(
            [sys.executable, *(arguments or ("-m", "app", "serve"))],
            env=environment | {"WAYPATH_PORT": str(free_port)} | variables,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            pipesize=2**20,  # nothing reads its log while the test waits for its readiness
            text=True,
        )
        processes.append(process)
        return process, f"http://127.0.0.1:{free_port}"

    yield start
    for process in processes:
        process.kill()
        process.communicate()


@pytest.fixture
def unique() -> str:
    """A word that no other test uses."""
    return uuid.uuid4().hex[:16]


@pytest.fixture
def phone(unique: str) -> str:
    """A phone number that no other test uses."""
    return phone_number(unique)
