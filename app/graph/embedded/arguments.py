"""The argument file of an embedded Neo4j, which names the AOT cache while that can be used."""

from collections.abc import Sequence
from pathlib import Path

import structlog

from app.graph.embedded import configuration
from app.graph.embedded.aot_cache import AotCache
from app.graph.embedded.home import Home

log = structlog.get_logger()


class Arguments:
    """Writes the argument file of `home`, for a Java heap of `heap_mb` megabytes.

    `options` are further options of Java.
    """

    def __init__(
        self, home: Home, class_path: Sequence[Path], heap_mb: int, options: Sequence[str]
    ) -> None:
        self._home = home
        self._class_path = class_path
        self._heap_mb = heap_mb
        self._options = options
        self._cache: AotCache | None = None

    @property
    def names_aot_cache(self) -> bool:
        """Whether the argument file names an AOT cache."""
        return self._cache is not None

    def write(self, cache: AotCache | None = None) -> None:
        """Writes the file. It names the AOT cache if there is one."""
        file = cache.find() if cache else None
        self._cache = cache if file else None
        options = configuration.aot_cache_options(file) if file else ()
        self._home.prepare(
            configuration.server_arguments(
                self._class_path, self._home.path, self._heap_mb, (*self._options, *options)
            )
        )

    def write_without_aot_cache(self) -> AotCache | None:
        """Writes the file without the AOT cache. Returns the AOT cache that it named."""
        cache = self._cache
        if cache:
            self.write()
        return cache


def discard(cache: AotCache, exit_code: int) -> None:
    """Deletes an AOT cache, with which Java ended with an exit code."""
    cache.discard()
    log.warning("neo4j_aot_cache_discarded", exit_code=exit_code)
