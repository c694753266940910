"""The settled entries of the audit log: no transaction can add an earlier one any more."""

from app.domain import timestamps
from app.graph.graph import Graph, Row

# A transaction ends 60 s after the time of its entry at the latest: that of an import. The rest is
# for the clocks of the instances.
SETTLING_SECONDS = 65


async def rows_after(
    graph: Graph, after: Row | None, limit: int, settling: int = SETTLING_SECONDS
) -> list[Row]:
    """The next entries after a position, a map of `at` and `id`, the earliest first.

    They are at least `settling` seconds old. Raises Unavailable.
    """
    seconds, nanoseconds = timestamps.now()[1]
    until = [seconds - settling, nanoseconds]
    return await graph.read("audit_log_forwards", after=after, until=until, limit=limit)
