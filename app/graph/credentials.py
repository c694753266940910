"""A secret file: a password or token that an operator, or a cluster, may replace at any time."""

import math
import time
from pathlib import Path

INTERVAL = 1.0  # seconds for which what was read counts as the latest


class SecretFile:
    """The secret in a file. While that cannot be read, what was read last counts."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._text: str | None = None
        self._read_at = -math.inf

    def text(self) -> str:
        """The secret that was read last. Raises OSError where none ever was."""
        if self._text is None:
            try:
                self._text = self._read()
            except ValueError as error:
                raise OSError(f"the file of the secret {error}") from None
        return self._text

    def latest(self) -> str:
        """The secret that was there a second ago, or is now; OSError as above."""
        if self._text is not None and time.monotonic() - self._read_at >= INTERVAL:
            self.renew()
        return self.text()

    def is_replaced(self) -> bool:
        """Whether there is another secret by now than the one that was read last."""
        try:
            return read(self._path) != self._text
        except (OSError, ValueError):
            return False  # it may be halfway through being replaced

    def renew(self) -> bool:
        """Reads the file again, and says whether the secret is another one now."""
        before = self._text
        try:
            self._text = self._read()
        except (OSError, ValueError):
            return False
        return self._text != before

    def _read(self) -> str:
        self._read_at = time.monotonic()
        return read(self._path)


def read(path: str) -> str:
    """The secret in a file, less the end of its line.

    Raises OSError, or ValueError where there is none.
    """
    text = Path(path).read_bytes().decode().removesuffix("\n").removesuffix("\r")
    if not text:
        raise ValueError("is empty")
    return text
