"""The file of the webhook secrets: one in each line."""

import contextlib
from pathlib import Path

from app.webhooks import signature


class WebhookSecretFile:
    """The secrets in a file, which an operator may change at any time.

    While the file cannot be read, the last secrets stay in use.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._secrets = read(path)

    def read(self) -> tuple[bytes, ...]:
        """The secrets, as they are in the file now."""
        with contextlib.suppress(OSError, ValueError):  # an operator may be replacing it
            self._secrets = read(self._path)
        return self._secrets


def read(path: str | Path) -> tuple[bytes, ...]:
    """The secrets in a file. Raises OSError, or ValueError with the rule."""
    return signature.parse_secrets(Path(path).read_text())
