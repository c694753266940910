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
        self._secrets = signature.parse_secrets(path.read_text())

    def read(self) -> tuple[bytes, ...]:
        """The secrets, as they are in the file now."""
        with contextlib.suppress(OSError, ValueError):  # an operator may be replacing it
            self._secrets = signature.parse_secrets(self._path.read_text())
        return self._secrets


def file_error(path: str) -> str | None:
    """The reason why a file of webhook secrets cannot be used, or None."""
    try:
        signature.parse_secrets(Path(path).read_text())
    except OSError as error:
        return f"the file cannot be read: {error.strerror}"
    except ValueError:
        return f"the file {signature.FORM}"
    return None
