"""The file of the suppression secrets: one in each line, the newest first."""

import os
import secrets
import tempfile
from pathlib import Path

from app.domain import suppression_secrets
from app.domain.suppression_errors import SuppressionSecretMissing
from app.domain.suppression_secrets import MIN_SECRET_BYTES, SuppressionSecret


class SuppressionSecretFile:
    """The secrets in a file, which an operator may change at any time.

    If `creates` is true, the first suppression makes the file: the database is on this host. While
    the file cannot be read, the last secrets stay in use.
    """

    def __init__(self, path: Path | None, *, creates: bool = False) -> None:
        self._path = path
        self._creates = creates
        self.secrets: tuple[SuppressionSecret, ...] = ()  # the newest first

    def reload(self) -> None:
        """Reads the file again, if there is one."""
        if self._path is None:
            return
        try:
            self.secrets = read(self._path)
        except (OSError, ValueError):
            return  # absent, or an operator may be replacing it

    def newest(self) -> SuppressionSecret:
        """The secret for new suppressions. Raises SuppressionSecretMissing."""
        self.reload()
        if not self.secrets and self._creates and self._path is not None:
            _create(self._path)
            self.reload()
        if not self.secrets:
            raise SuppressionSecretMissing()
        return self.secrets[0]


def read(path: str | Path) -> tuple[SuppressionSecret, ...]:
    """The secrets in a file. Raises OSError, or ValueError with the rule."""
    return suppression_secrets.parse(Path(path).read_text())


def _create(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=path.name)  # of mode 0600
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(f"{secrets.token_hex(MIN_SECRET_BYTES)}\n")
            file.flush()
            os.fsync(file.fileno())
        os.link(temporary, path)  # fails if another process was first
    except FileExistsError:
        pass
    finally:
        Path(temporary).unlink()
