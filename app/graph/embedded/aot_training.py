"""The making of an AOT cache: a second Neo4j records a training run, and Java makes the file of it.

Both run in a directory of the cache, so a Neo4j of the user is not touched.
"""

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

from app.graph.connection import Database
from app.graph.embedded import configuration, java
from app.graph.embedded.aot_cache import AotCache, AotCacheError
from app.graph.embedded.arguments import Arguments
from app.graph.embedded.configuration import DEFAULT_HEAP_MB
from app.graph.embedded.connection import find_other_ports
from app.graph.embedded.home import Home
from app.graph.embedded.process import ServerProcess

# The files of the training run and of the AOT cache take half of it.
MIN_FREE_DISK_BYTES = 10**9
MIN_FREE_MEMORY_BYTES = 1_500_000_000  # Java takes up to 850 MB
STOP_TIMEOUT_SECONDS = 300  # Java writes the record at its end

Train = Callable[[Database], None]


def make(
    cache: AotCache,
    class_path: Sequence[Path],
    train: Train,
    min_free_disk: int = MIN_FREE_DISK_BYTES,
) -> Path | None:
    """Makes the AOT cache, unless there is one. Returns its file.

    `train` gets the database of an empty Neo4j, and uses it as a service does. Returns None if
    another process makes the AOT cache now. Raises AotCacheError.
    """
    try:
        with cache.exclusive() as is_locked:
            if not is_locked:
                return None
            if file := cache.find():
                return file
            _require_disk(cache.directory, min_free_disk)
            _require_memory()
            return cache.store(_make(cache.training_directory, class_path, train))
    except OSError as error:
        raise AotCacheError(str(error)) from error


def _require_disk(directory: Path, free: int) -> None:
    if shutil.disk_usage(directory).free < free:
        raise AotCacheError(f"less than {free // 10**6} MB is free in {directory}")


def _require_memory() -> None:
    import psutil  # noqa: PLC0415 - comes with an extra

    if psutil.virtual_memory().available < MIN_FREE_MEMORY_BYTES:
        raise AotCacheError(f"less than {MIN_FREE_MEMORY_BYTES // 10**6} MB of memory is available")


def _make(directory: Path, class_path: Sequence[Path], train: Train) -> Path:
    record, file = directory / "record", directory / "new.aot"
    home = Home(directory / "neo4j")
    home.lock()
    try:
        _record(home, class_path, record, train)
        _run(home, class_path, *configuration.aot_creation_options(record, file))
        # With this mode, Java ends with an error if the file does not fit.
        fits = (*configuration.aot_cache_options(file), "-XX:AOTMode=on", "-version")
        _run(home, class_path, *fits)
    finally:
        home.release()
    return file


def _record(home: Home, class_path: Sequence[Path], record: Path, train: Train) -> None:
    password = home.load_or_create_password()
    options = configuration.aot_recording_options(record)
    Arguments(home, class_path, DEFAULT_HEAP_MB, options).write()
    if error := java.set_initial_password(class_path, home.path, password):
        raise AotCacheError(f"Neo4j rejects its initial password: {error}")
    ports = find_other_ports()
    home.configure(ports, DEFAULT_HEAP_MB)
    server = ServerProcess(home)
    try:
        if not server.start(ports, password):
            raise AotCacheError(f"Neo4j did not start: {home.last_error()}")
        train(ports.connection(password).database)
        server.terminate()
        server.wait(STOP_TIMEOUT_SECONDS)
    finally:
        server.end()
    if not record.exists():
        raise AotCacheError(f"Java wrote no record: {home.last_error()}")


def _run(home: Home, class_path: Sequence[Path], *options: str) -> None:
    Arguments(home, class_path, DEFAULT_HEAP_MB, options).write()
    if error := java.run(f"@{home.arguments}", home.path):
        raise AotCacheError(error.splitlines()[-1])
