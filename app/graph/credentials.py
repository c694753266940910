"""Credentials in a file: a password or token that an operator may replace at any time."""

import math
import ssl
import time
from pathlib import Path

MAX_AGE_SECONDS = 1.0  # of a token that is used without reading the file again


class SecretFile:
    """The secret in a file. While the file cannot be read, the last secret stays in use."""

    def __init__(self, path: str, max_age: float = MAX_AGE_SECONDS) -> None:
        self._path = path
        self._max_age = max_age
        self._secret: str | None = None
        self._read_at = -math.inf  # on time.monotonic()

    def cached(self) -> str:
        """The secret that was read last. Raises OSError if none could ever be read."""
        if self._secret is None:
            try:
                self._secret = self._read()
            except ValueError as error:
                raise OSError(f"the file of the secret {error}") from None
        return self._secret

    def latest(self) -> str:
        """The secret, read at most `max_age` seconds ago. Raises OSError as `cached` does."""
        if self._secret is not None and time.monotonic() - self._read_at >= self._max_age:
            self.reload()
        return self.cached()

    def peek(self) -> str | None:
        """The secret in the file, which stays unused. None if the file cannot be read."""
        try:
            return read(self._path)
        except (OSError, ValueError):
            return None  # an operator may be replacing it

    def reload(self) -> bool:
        """Reads the file again, and returns whether the secret changed."""
        previous = self._secret
        try:
            self._secret = self._read()
        except (OSError, ValueError):
            return False
        return self._secret != previous

    def _read(self) -> str:
        self._read_at = time.monotonic()
        return read(self._path)


class FileCredentials:
    """A username, and a password or token in a file.

    A new password is used only after the database rejects the old one. During a rotation, either
    the file or the database has the new password first, and open connections stay logged in.
    The service does not guess, because Neo4j locks a user out after three wrong passwords.
    A new token is used at once: it is valid already, and the old one expires soon.
    """

    def __init__(self, username: str, path: str, *, is_token: bool) -> None:
        self.username = username
        self.is_token = is_token
        self._file = SecretFile(path)

    def secret(self) -> str:
        """The secret for the next connection. Raises OSError if none could ever be read."""
        return self._file.latest() if self.is_token else self._file.cached()

    def reload_after_refusal(self, refused: str | None) -> bool:
        """Reads the file again if `refused` is in use. Returns whether another secret is now."""
        return self._file.cached() != refused or self._file.reload()

    def read_new_password(self) -> str | None:
        """The password in the file if it differs from the one in use, else None."""
        password = None if self.is_token else self._file.peek()
        if password is None or password == self._file.cached():
            return None
        return password


def read(path: str) -> str:
    """The secret in a file, without a line break at its end.

    Raises OSError, or ValueError if the file is empty or no UTF-8.
    """
    secret = Path(path).read_bytes().decode().removesuffix("\n").removesuffix("\r")
    if not secret:
        raise ValueError("is empty")
    return secret


def check_ca_file(path: str) -> None:
    """Raises OSError, or ValueError if a file has no CA certificates in PEM."""
    try:
        ssl.create_default_context(cafile=path)
    except ssl.SSLError:
        raise ValueError("has no PEM certificate") from None
