"""A database: where it is, who calls, and by which secret."""

from typing import Literal

from msgspec import Struct

from app.graph.credentials import SecretFile

Reads = Literal["leader", "followers"]


class Database(Struct, frozen=True):
    """Where a Neo4j database is, and who calls.

    Who calls is told by a password, by a file that has it, or by a file that has a token; without
    any, nobody is named. With `ca_file`, the certificates of its authorities are trusted and no
    others. A cluster is read where `reads` says.
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
        """Whether the driver asks which member of a cluster takes what."""
        return self.uri.startswith("neo4j")

    def login(self) -> "Login | None":
        """The login whose secret is in a file, if there is one."""
        return Login(self) if self.password_file or self.token_file else None


class Login:
    """Who calls, by a secret in a file that is read again when the database refuses the old one.

    A password is not taken up before: for a while the file has the new one and the database still
    wants the old one, or the other way round, and whoever is logged in stays so. Nobody may try
    which one it is either, since three wrong ones lock the user out.
    A token is taken up when it is there: the old one will be refused soon, the new one is good.
    """

    def __init__(self, database: Database) -> None:
        self.username = database.username
        self.is_token = database.token_file is not None
        self._file = SecretFile(database.token_file or database.password_file or "")

    def secret(self) -> str:
        """What the next connection logs in with. Raises OSError if there is none."""
        return self._file.latest() if self.is_token else self._file.text()

    def is_another(self, refused: str | None) -> bool:
        """Whether there is another secret than the one that was refused; it is looked for."""
        return self._file.text() != refused or self._file.renew()

    def is_replaced(self) -> bool:
        """Whether the file has another password than the one that is in use."""
        return not self.is_token and self._file.is_replaced()
