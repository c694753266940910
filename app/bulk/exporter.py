"""Export: every Touchpoint as the event that an import makes it of again."""

import tempfile
from collections.abc import AsyncIterator, Callable
from functools import partial
from typing import Any, BinaryIO

import msgspec
from msgspec import Raw

from app.bulk.retry import patiently
from app.graph.graph import Graph

PAGE = 2000
SPOOL = 16 * 1024 * 1024  # bytes, beyond which what waits is on disk

Report = Callable[[int], None]  # takes how many were written so far


async def write(graph: Graph, output: BinaryIO, report: Report) -> int:
    """Writes each Touchpoint as a line of JSON, and returns how many there are.

    In whatever order the lines are imported, each Customer has its own Identifiers again: one
    that attached a key goes without the keys of others, and the rest that has some comes last.
    Raises Unavailable after a long outage.
    """
    count = 0
    with tempfile.SpooledTemporaryFile(SPOOL) as last:
        async for row in _touchpoints(graph):
            keys = row["keys"]
            if any(key["attached"] for key in keys):
                keys = [key for key in keys if key["own"]]
            waits = not all(key["own"] for key in keys)
            (last if waits else output).write(_line(row, keys))
            count += 1
            if count % PAGE == 0:
                report(count)
        last.seek(0)
        output.writelines(last)
    report(count)
    return count


async def _touchpoints(graph: Graph) -> AsyncIterator[dict[str, Any]]:
    after = ""
    while rows := await patiently(partial(graph.read, "export", after=after, limit=PAGE)):
        for row in rows:
            yield row
        after = rows[-1]["id"]


def _line(row: dict[str, Any], keys: list[dict[str, Any]]) -> bytes:
    # A line break stands between the members, never in a string, where JSON escapes it.
    properties = row["properties"].replace("\n", " ").replace("\r", " ")
    event = {
        "event": row["event"],
        "customer": row["customerId"],
        **{key["kind"]: key["value"] for key in keys},
        "timestamp": row["timestamp"],
        "idempotencyKey": row["id"],
        "properties": Raw(properties.encode()),
    }
    return msgspec.json.encode(event) + b"\n"
