"""Places: where the files that come with the package are, and where this user's own are kept."""

import os
from pathlib import Path

_PACKAGE = Path(__file__).parent
_CHECKOUT = _PACKAGE.parent
_NAME = "waypath-events"


def carried(name: str) -> Path:
    """A file or folder that comes with the package: inside of it, or beside it in a checkout."""
    installed = _PACKAGE / name
    return installed if installed.exists() else _CHECKOUT / name


def data() -> Path:
    """The folder for data unless the settings name one: a checkout's own, else the user's."""
    if (_CHECKOUT / "pyproject.toml").exists():
        return _CHECKOUT / ".data"
    return _of_user("XDG_DATA_HOME", "~/.local/share")


def cache() -> Path:
    """The folder for what can be fetched again: the user's, whatever the checkout."""
    return _of_user("XDG_CACHE_HOME", "~/.cache")


def _of_user(variable: str, default: str) -> Path:
    # Not Path.expanduser: a user without a home, as in a container, gets no error before any use.
    return Path(os.path.expanduser(os.environ.get(variable) or default)) / _NAME
