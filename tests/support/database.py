"""The Neo4j that the tests run on: given, in a container, or embedded."""

import gc
import os
import tempfile
import warnings
from collections.abc import Callable
from pathlib import Path

import docker
import pytest
from docker.errors import DockerException, ImageNotFound
from msgspec import Struct
from neo4j import GraphDatabase
from testcontainers.community.neo4j import Neo4jContainer
from testcontainers.core.config import testcontainers_config

from app import settings
from app.graph.connection import Database
from app.graph.embedded.supervisor import EmbeddedNeo4j

IMAGE = "neo4j:5.26-community"
PASSWORD = "only-for-tests"
HTTP = 7474  # in the container
# Java spends half its time on compiling, in a run that ends before most of that has paid.
FRUGAL = ("-XX:MaxInlineLevel=5", "-XX:-DoEscapeAnalysis")

Stop = Callable[[], None]


class TestDatabase(Struct, frozen=True):
    """A running Neo4j, where its Neo4j Browser is, why it was chosen, and what version it is."""

    __test__ = False

    database: Database
    browser: str | None
    kind: str
    reason: str
    version: str

    def __str__(self) -> str:
        return f"neo4j: {self.kind} ({self.reason}), version {self.version}"


DATABASE = pytest.StashKey[TestDatabase]()  # of a run


def start() -> tuple[TestDatabase, Stop]:
    """A Neo4j for the tests, and what stops it."""
    kind, reason = _choose()
    starts = {"given": _given, "container": _container, "embedded": _embedded}
    database, browser, stop = starts[kind]()
    return TestDatabase(database, browser, kind, reason, _version(database)), stop


def _choose() -> tuple[str, str]:
    if forced := os.environ.get("TEST_NEO4J"):
        if forced not in ("given", "container", "embedded"):
            raise ValueError("TEST_NEO4J must be given, container or embedded")
        return forced, "TEST_NEO4J is set"
    if os.environ.get("NEO4J_URI"):
        return "given", "NEO4J_URI is set"
    with warnings.catch_warnings():
        # Without a Docker engine, docker-py leaves a socket open, which the collector reports.
        warnings.simplefilter("ignore", ResourceWarning)
        missing = _missing_image()
        gc.collect()
    if missing:
        return "embedded", f"no container: {missing[:80]}"
    return "container", f"Docker is reachable and has {IMAGE}"


def _missing_image() -> str | None:
    """Why there is no image of Neo4j, in a line."""
    try:
        _find_image(docker.from_env(timeout=10))
    except DockerException as error:
        return str(error).splitlines()[0]
    return None


def _find_image(client: docker.DockerClient) -> None:
    try:
        client.images.get(IMAGE)
    except ImageNotFound:
        client.images.pull(IMAGE)


def _given() -> tuple[Database, str | None, Stop]:
    environment = settings.load(os.environ)
    if environment.neo4j_uri is None:
        raise ValueError("TEST_NEO4J=given needs NEO4J_URI")
    database = Database(
        environment.neo4j_uri,
        environment.neo4j_username,
        environment.neo4j_password,
        environment.neo4j_database,
    )
    return database, environment.neo4j_browser, lambda: None


def _container() -> tuple[Database, str | None, Stop]:
    # Ryuk ends the containers of a run that was killed; where its image is not here, we do without.
    try:
        docker.from_env().images.get(testcontainers_config.ryuk_image)
    except ImageNotFound:
        testcontainers_config.ryuk_disabled = True
    container = Neo4jContainer(IMAGE, password=PASSWORD, username="neo4j")
    container.with_env("NEO4J_dbms_cypher_min__replan__interval", "1m")  # as the embedded one
    container.with_env("JDK_JAVA_OPTIONS", " ".join(FRUGAL))
    container.with_exposed_ports(HTTP).start()
    database = Database(container.get_connection_url(), "neo4j", PASSWORD, "neo4j")
    port = container.get_exposed_port(HTTP)
    return database, f"http://{container.get_container_host_ip()}:{port}/browser/", container.stop


def _embedded() -> tuple[Database, str | None, Stop]:
    home = tempfile.TemporaryDirectory(prefix="waypath-tests-")
    neo4j = EmbeddedNeo4j(Path(home.name) / "neo4j", options=FRUGAL)
    connection = neo4j.start()

    def stop() -> None:
        neo4j.stop()
        home.cleanup()

    database = Database(connection.uri, connection.username, connection.password, "neo4j")
    return database, connection.browser, stop


def _version(database: Database) -> str:
    auth = (database.username, database.password) if database.password else None
    with GraphDatabase.driver(database.uri, auth=auth) as driver:
        rows, _, _ = driver.execute_query(
            "CALL dbms.components() YIELD name, versions WHERE name = 'Neo4j Kernel' "
            "RETURN versions[0] AS version",
            database_=database.name,
        )
    return rows[0]["version"]
