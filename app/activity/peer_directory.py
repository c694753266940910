"""The directory with the sockets of the processes that share a stream on this host."""

import contextlib
import hashlib
import os
import stat
import tempfile
from pathlib import Path

SUFFIX = ".sock"


def locate(*names: str) -> Path:
    """Returns the directory of this user for the processes with these names in common."""
    return Path(tempfile.gettempdir()) / f"waypath-{os.geteuid()}-{digest(*names)}"


def digest(*names: str) -> str:
    """Returns a short text that is the same for the same names."""
    return hashlib.sha256("\0".join(names).encode()).hexdigest()[:16]


def prepare(directory: Path) -> None:
    """Creates the directory. Raises OSError if it is not private to this user."""
    directory.mkdir(mode=0o700, exist_ok=True)
    status = directory.lstat()
    is_private = stat.S_ISDIR(status.st_mode) and not stat.S_IMODE(status.st_mode) & 0o077
    if not is_private or status.st_uid != os.geteuid():
        raise PermissionError(f"{directory} is not a private directory of this user")


def sources(directory: Path) -> dict[str, Path]:
    """Returns the sockets in the directory, by their processes."""
    try:
        return {path.stem: path for path in directory.iterdir() if path.suffix == SUFFIX}
    except FileNotFoundError:
        return {}


def remove(path: Path) -> None:
    """Removes a socket, if it is there."""
    path.unlink(missing_ok=True)


def remove_empty(directory: Path) -> None:
    """Removes the directory, unless other processes have sockets there."""
    with contextlib.suppress(OSError):
        directory.rmdir()


def has(path: Path) -> bool:
    """Whether a socket is there."""
    return path.exists()
