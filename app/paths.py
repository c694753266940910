"""Paths: the files that come with the package, and the data and cache of the user."""

import os
from pathlib import Path

_PACKAGE = Path(__file__).parent
_CHECKOUT = _PACKAGE.parent
_NAME = "waypath-events"


def carried(name: str) -> Path:
    """A file or directory that comes with the package: in it, or in the checkout."""
    installed = _PACKAGE / name
    return installed if installed.exists() else _CHECKOUT / name


def data() -> Path:
    """The default data directory: `.data` in a checkout, else one in the user's home."""
    if (_CHECKOUT / "pyproject.toml").exists():
        return _CHECKOUT / ".data"
    return _of_user("XDG_DATA_HOME", "~/.local/share")


def cache() -> Path:
    """The user's directory for downloads, shared by all checkouts."""
    return _of_user("XDG_CACHE_HOME", "~/.cache")


def _of_user(variable: str, default: str) -> Path:
    # Not Path.expanduser, which raises an error for a user without a home, as in a container.
    return Path(os.path.expanduser(os.environ.get(variable) or default)) / _NAME
