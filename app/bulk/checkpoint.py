"""Checkpoints: the progress of an import, stored in the graph with its events."""

from msgspec import Struct

from app.graph.graph import Graph


class Checkpoint(Struct, frozen=True):
    """Every record up to `line` is stored or rejected. `digest` covers these lines."""

    line: int
    digest: str
    stored: int
    rejected: int


async def load(graph: Graph, import_id: str) -> Checkpoint | None:
    """Returns the last checkpoint of an import, or None if it has none. Raises Unavailable."""
    rows = await graph.read("import_checkpoint", id=import_id)
    return Checkpoint(**rows[0]) if rows else None


async def save(graph: Graph, import_id: str, checkpoint: Checkpoint) -> None:
    """Stores the checkpoint of an import in place of the last one. Raises Unavailable."""
    await graph.write(
        "import_save_checkpoint",
        id=import_id,
        line=checkpoint.line,
        digest=checkpoint.digest,
        stored=checkpoint.stored,
        rejected=checkpoint.rejected,
    )
