"""The connection to an embedded Neo4j: its ports, addresses and credentials."""

import socket
from dataclasses import dataclass
from typing import NamedTuple

from app.graph.connection import Database

HOST = "127.0.0.1"
DEFAULT_BOLT_PORT, DEFAULT_HTTP_PORT = 7687, 7474
USERNAME = "neo4j"
DATABASE = "neo4j"  # the one that Neo4j Community creates


@dataclass(frozen=True)
class Connection:
    """The address and credentials of a Neo4j for a client, and the address of Neo4j Browser."""

    uri: str
    username: str
    password: str
    browser: str

    @property
    def server(self) -> str:
        """The URI that Neo4j Browser connects to: it contains the username."""
        return self.uri.replace("://", f"://{self.username}@", 1)

    @property
    def database(self) -> Database:
        """The database of this Neo4j."""
        return Database(self.uri, self.username, self.password, DATABASE)


class Ports(NamedTuple):
    """The ports that a Neo4j listens on."""

    bolt: int = DEFAULT_BOLT_PORT
    http: int = DEFAULT_HTTP_PORT

    def are_free(self) -> bool:
        """Whether no process listens on either of them now."""
        return _is_free(self.bolt) and _is_free(self.http)

    def connection(self, password: str) -> Connection:
        """The connection to a Neo4j that listens on them."""
        browser = f"http://{HOST}:{self.http}/browser/"
        return Connection(f"bolt://{HOST}:{self.bolt}", USERNAME, password, browser)


def find_free_ports() -> Ports:
    """Neo4j's own ports, each replaced by another one if a process listens on it."""
    return Ports(_free_port(DEFAULT_BOLT_PORT), _free_port(DEFAULT_HTTP_PORT))


def find_other_ports() -> Ports:
    """Two free ports that are not Neo4j's own."""
    return Ports(_free_port(), _free_port())


def _free_port(preferred: int | None = None) -> int:
    if preferred and _is_free(preferred):
        return preferred
    with socket.create_server((HOST, 0)) as listener:
        return listener.getsockname()[1]


def _is_free(port: int) -> bool:
    try:
        socket.create_server((HOST, port)).close()
    except OSError:
        return False
    return True
