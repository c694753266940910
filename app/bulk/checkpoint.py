"""Checkpoints: how far an import has come, kept in the graph beside what it wrote."""

from msgspec import Struct

from app.graph.graph import Graph


class Checkpoint(Struct, frozen=True):
    """All up to a line is known to be stored or rejected. `digest` is of these lines."""

    line: int
    digest: str
    stored: int
    rejected: int


async def last(graph: Graph, identity: str) -> Checkpoint | None:
    """Where an import was last, if it ever began. Raises Unavailable."""
    rows = await graph.read("import_checkpoint", id=identity)
    return Checkpoint(**rows[0]) if rows else None


async def save(graph: Graph, identity: str, checkpoint: Checkpoint) -> None:
    """Keeps where an import is. Raises Unavailable."""
    await graph.write(
        "import_save_checkpoint",
        id=identity,
        line=checkpoint.line,
        digest=checkpoint.digest,
        stored=checkpoint.stored,
        rejected=checkpoint.rejected,
    )
