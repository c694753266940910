"""Transactions: the statements of a call, committed together."""

from collections.abc import Sequence
from typing import Any

from neo4j import AsyncSession, Query

Row = dict[str, Any]
Call = tuple[str, Row]  # the text of a statement, and its parameters


async def run(
    session: AsyncSession,
    calls: Sequence[Call],
    metadata: Row | None,
    seconds: float,
    *,
    is_dry: bool = False,
) -> list[list[Row]]:
    """The rows of each statement, in order. All are committed, or none; in a dry run, none is.

    The database stops them after so many seconds.
    """
    if len(calls) == 1 and not is_dry:
        ((text, parameters),) = calls
        query: Any = Query(text, metadata=metadata, timeout=seconds)  # pyright: ignore[reportArgumentType]
        result = await session.run(query, parameters)
        return [[dict(record) async for record in result]]
    rows: list[list[Row]] = []
    async with await session.begin_transaction(metadata=metadata, timeout=seconds) as transaction:
        for text, parameters in calls:
            statement: Any = text
            result = await transaction.run(statement, parameters)
            rows.append([dict(record) async for record in result])
        await (transaction.rollback() if is_dry else transaction.commit())
    return rows
