"""The development key: an API key for the embedded Neo4j, stored in a file."""

from pathlib import Path

from app.access import api_keys
from app.domain import ids
from app.graph.connection import Database
from app.graph.graph import Graph


def file(folder: Path) -> Path:
    """The file of the development key in the service's data folder."""
    return folder / "development-key"


async def ensure(file: Path, database: Database) -> str:
    """Returns the API key in a file, and adds it to Neo4j. Creates a new one if it is revoked.

    The schema of the database must be complete. Raises Unavailable.
    """
    graph = Graph(database)
    try:
        key = _read(file)
        while key is None or not await _register(graph, key):
            key = api_keys.generate()
            _write(file, key)
        return key
    finally:
        await graph.close()


async def _register(graph: Graph, key: str) -> bool:
    """Creates the API key if the database lacks it. Returns False if it is revoked.

    An API key of an earlier version gets the scopes that are new.
    """
    digest, scopes = api_keys.digest(key), list(api_keys.SCOPES)
    (row,) = await graph.write(
        "api_key_create",
        id=ids.new_key_id(),
        name="development",
        hash=digest,
        scopes=scopes,
        origins=None,
    )
    if row["revoked"]:
        return False
    (stored,) = await graph.read("api_keys_by_hash", hashes=[digest])
    if set(scopes) > set(stored["scopes"]):
        await graph.write("api_key_set_scopes", hash=digest, scopes=scopes)
    return True


def _read(file: Path) -> str | None:
    try:
        key = file.read_text().strip()
    except FileNotFoundError:
        return None
    return key if api_keys.is_well_formed(key) else None


def _write(file: Path, key: str) -> None:
    file.unlink(missing_ok=True)
    file.touch(mode=0o600)
    file.write_text(f"{key}\n")
