"""The jars of the embedded Neo4j: a lock file names them, and each start verifies them.

The lock file names every jar of the class path, so no dependency is resolved here. If all jars are
in the cache, a start uses no network.
"""

import contextlib
import fcntl
import hashlib
import os
import shutil
import sys
import tomllib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from app import paths

LOCK_FILE = paths.carried("jgo.lock.toml")

Fetch = Callable[[list[str], Path], Iterator[tuple[str, Path]]]


class JarsError(Exception):
    """A jar of the lock file is not available; the message names it and the reason."""


@dataclass(frozen=True)
class Jar:
    """One entry of the lock: its Maven coordinates, its path in a cache, its SHA-256."""

    coordinates: str
    path: Path
    sha256: str


def load_lock_file(lock: Path) -> list[Jar]:
    """The jars that the file `lock` names, in the order of the class path.

    Raises JarsError if it cannot be read, or names a jar without its SHA-256.
    """
    try:
        entries = tomllib.loads(lock.read_text(encoding="utf-8"))["dependencies"]
        return [_jar(entry) for entry in entries]
    except (OSError, ValueError, KeyError) as error:
        raise JarsError(f"{lock} is not a lock file of jars: {error!r}") from error


def download(coordinates: list[str], directory: Path) -> Iterator[tuple[str, Path]]:
    """Downloads the jars with these coordinates from Maven Central, as `maven.download` does."""
    # Only the first start needs the extra's packages, which take 0.2 s to import.
    from app.graph.embedded import maven  # noqa: PLC0415

    return maven.download(coordinates, directory)


def class_path(lock: Path, cache: Path, fetch: Fetch = download) -> list[Path]:
    """The files of all jars in `lock`, in the directory `cache`, with the SHA-256 of the lock.

    Downloads a jar that is missing or differs. Raises JarsError if it differs after that, too.
    """
    jars = load_lock_file(lock)
    try:
        if _missing_or_altered(jars, cache):
            cache.mkdir(parents=True, exist_ok=True, mode=0o700)
            with _exclusive(cache / ".lock"):
                # Another process may have downloaded them meanwhile.
                if missing := _missing_or_altered(jars, cache):
                    _fill(cache, missing, fetch)
    except OSError as error:
        raise JarsError(
            f"Neo4j's jars cannot be downloaded to {cache}: {error} "
            "(start again to retry, or set NEO4J_URI)"
        ) from error
    return [cache / jar.path for jar in jars]


def user_cache() -> Path:
    """The directory of this user's jars, for all checkouts."""
    return paths.cache() / "jars"


def _jar(entry: dict[str, str]) -> Jar:
    group, artifact, version = entry["groupId"], entry["artifactId"], entry["version"]
    packaging, classifier = entry["packaging"], entry.get("classifier")
    name = "-".join(filter(None, [artifact, version, classifier]))
    coordinates = ":".join(filter(None, [group, artifact, packaging, classifier, version]))
    path = Path(*group.split("."), artifact, version, f"{name}.{packaging}")
    return Jar(coordinates, path, entry["sha256"])


def _missing_or_altered(jars: list[Jar], cache: Path) -> list[Jar]:
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        digests = pool.map(_digest, [cache / jar.path for jar in jars])
        return [jar for jar, sha256 in zip(jars, digests, strict=True) if sha256 != jar.sha256]


def _digest(path: Path) -> str | None:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except FileNotFoundError:
        return None


def _fill(cache: Path, jars: list[Jar], fetch: Fetch) -> None:
    # A jar is verified before it enters the cache, so after a kill the cache has only whole jars.
    # Files of another run in here are stale: this process has the lock of the cache.
    incoming = cache / ".incoming"
    shutil.rmtree(incoming, ignore_errors=True)
    wanted = {jar.coordinates: jar for jar in jars}
    for coordinates, file in fetch(list(wanted), incoming):
        jar = wanted[coordinates]
        sha256 = _digest(file)
        if sha256 != jar.sha256:
            raise JarsError(
                f"{coordinates} as downloaded has the SHA-256 {sha256}, not {jar.sha256}"
            )
        target = cache / jar.path
        target.parent.mkdir(parents=True, exist_ok=True)
        file.replace(target)
    shutil.rmtree(incoming, ignore_errors=True)


@contextlib.contextmanager
def _exclusive(path: Path) -> Iterator[None]:
    # The kernel releases the lock when its process ends.
    with path.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("Waiting for another process that downloads Neo4j", file=sys.stderr, flush=True)
            fcntl.flock(file, fcntl.LOCK_EX)
        yield
