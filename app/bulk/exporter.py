"""Export: every Touchpoint, as an event from which an import restores it."""

import tempfile
from collections.abc import AsyncIterator, Callable
from functools import partial
from typing import Any, BinaryIO

import msgspec
from msgspec import Raw

from app.bulk.retry import retry_while_unavailable
from app.graph.graph import Graph

PAGE_ROWS = 2000
MAX_SPOOL_MEMORY_BYTES = 16 * 1024 * 1024  # of the last events; beyond that, they are on disk

ReportProgress = Callable[[int], None]  # takes the number of Touchpoints written so far


async def write(graph: Graph, output: BinaryIO, report: ReportProgress) -> int:
    """Writes each Touchpoint as a line of JSON, and returns their number.

    An import of the lines gives each Customer the same Identifiers. To that end, a Touchpoint that
    attached an Identifier is written without the Identifiers of other Customers, and the other
    Touchpoints with such Identifiers are written last. Raises Unavailable after a long outage.
    """
    count = 0
    with tempfile.SpooledTemporaryFile(MAX_SPOOL_MEMORY_BYTES) as last:
        async for row in _touchpoints(graph):
            identifiers = row["keys"]
            if any(identifier["attached"] for identifier in identifiers):
                identifiers = [identifier for identifier in identifiers if identifier["own"]]
            is_last = not all(identifier["own"] for identifier in identifiers)
            (last if is_last else output).write(_line(row, identifiers))
            count += 1
            if count % PAGE_ROWS == 0:
                report(count)
        last.seek(0)
        output.writelines(last)
    report(count)
    return count


async def _touchpoints(graph: Graph) -> AsyncIterator[dict[str, Any]]:
    after = ""
    while rows := await retry_while_unavailable(
        partial(graph.read, "export", after=after, limit=PAGE_ROWS)
    ):
        for row in rows:
            yield row
        after = rows[-1]["id"]


def _line(row: dict[str, Any], identifiers: list[dict[str, Any]]) -> bytes:
    # Line breaks are only between members: JSON escapes those in strings.
    properties = row["properties"].replace("\n", " ").replace("\r", " ")
    event = {
        "event": row["event"],
        "customer": row["customerId"],
        **{identifier["kind"]: identifier["value"] for identifier in identifiers},
        "timestamp": row["timestamp"],
        "idempotencyKey": row["id"],
        "properties": Raw(properties.encode()),
    }
    return msgspec.json.encode(event) + b"\n"
