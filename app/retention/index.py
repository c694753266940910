"""The index that finds old Touchpoints. Each event costs more with it: a retention creates it."""

from app.graph import statements
from app.graph.graph import SCHEMA_TIMEOUT_SECONDS, Graph

# The statements that create it, or that seek in it.
STATEMENTS = ("prune_create_index", "prune_begin", "prune_touchpoints", "prune_preview")

_INDEX = ("NODE RANGE", ["Touchpoint"], ["occurredAt"])


async def ensure(graph: Graph) -> None:
    """Returns when the index is online. Creates it if there is none.

    Raises Unavailable if that takes longer than the timeout of a schema change. A repeat continues.
    """
    known = statements.load("read") | statements.load("write")
    await graph.run_admin(known["prune_create_index"], SCHEMA_TIMEOUT_SECONDS)
    for row in await graph.run_admin(known["schema_indexes"]):
        if (row["kind"], row["labels"], row["properties"]) == _INDEX:
            await graph.run_admin(
                known["schema_await_index"],
                SCHEMA_TIMEOUT_SECONDS,
                name=row["name"],
                seconds=int(SCHEMA_TIMEOUT_SECONDS),
            )
