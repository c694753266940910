"""Neo4j's admin tool for an embedded Neo4j."""

from collections.abc import Sequence
from pathlib import Path

from app.graph.embedded import installation, java
from app.graph.embedded.configuration import DEFAULT_HEAP_MB
from app.graph.embedded.connection import Ports
from app.graph.embedded.home import Home


def administer(home: Path, arguments: Sequence[str]) -> int:
    """Runs neo4j-admin on the stopped Neo4j in `home`. Returns its exit code.

    Raises EmbeddedError if another process uses the home, or Neo4j cannot be installed.
    """
    installation.require_packages()
    directory = Home(home)
    directory.lock()
    try:
        class_path = installation.class_path()
        directory.configure(Ports(), DEFAULT_HEAP_MB)
        return java.run_admin(class_path, directory.path, arguments)
    finally:
        directory.release()
