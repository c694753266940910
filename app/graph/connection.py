"""The address of a database, and the credentials for it."""

from typing import Literal

from msgspec import Struct

from app.graph.credentials import FileCredentials

Reads = Literal["leader", "followers"]


class Database(Struct, frozen=True):
    """The address of a Neo4j database, and the credentials for it.

    The credentials are a username with a password or a file that contains it, or a file that
    contains a token. Without any of them, the service connects without authentication. If
    `ca_file` is set, only its CA certificates are trusted. `reads` names the members of a cluster
    that reads go to.
    """

    uri: str
    username: str
    password: str | None
    name: str
    password_file: str | None = None
    token_file: str | None = None
    ca_file: str | None = None
    reads: Reads = "leader"

    @property
    def is_routed(self) -> bool:
        """Whether the driver routes each statement to a member of a cluster."""
        return self.uri.startswith("neo4j")

    def file_credentials(self) -> FileCredentials | None:
        """The credentials whose secret is in a file, if there are any."""
        path = self.token_file or self.password_file
        if not path:
            return None
        return FileCredentials(self.username, path, is_token=bool(self.token_file))
