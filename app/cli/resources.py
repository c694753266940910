"""Bulk: what commands run on that import, export and erase, work that nobody waits for."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import NamedTuple

from app import settings
from app.bulk.importer import BulkImport
from app.bulk.rejects import Rejects
from app.customers.context import ContextReader
from app.graph.graph import Graph
from app.graph.migrations import steps
from app.graph.migrations.runner import Migrator
from app.identity.erasure import ErasureService
from app.identity.merges import MergeService
from app.identity.splits import SplitService
from app.ingest import writer
from app.ingest.group_commit import GroupCommit
from app.ingest.service import Ingest
from app.settings import Settings

DEADLINE = 60.0  # seconds; a slow disk is no outage


@asynccontextmanager
async def graph(config: Settings) -> AsyncIterator[Graph]:
    """The graph of the settings, with its schema. Raises Unavailable."""
    where = settings.database(config)
    first, graph = Graph(where), Graph(where, DEADLINE)
    try:
        # Within the shorter deadline, so that a database that is not there is told of soon.
        await Migrator(first, steps.load()).apply()
        yield graph
    finally:
        await first.close()
        await graph.close()


@asynccontextmanager
async def bulk_import(config: Settings, rejects: Rejects) -> AsyncIterator[BulkImport]:
    """The bulk import into the database of the settings. Raises Unavailable."""
    async with graph(config) as bulk:
        commits = GroupCommit(partial(writer.write, bulk, config.resolution_limits), DEADLINE)
        blocklist = config.blocklist
        task = asyncio.create_task(commits.run())
        try:
            yield BulkImport(bulk, Ingest(commits, blocklist), blocklist, rejects)
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


class Erasing(NamedTuple):
    """What the command that erases people works with."""

    contexts: ContextReader
    erasures: ErasureService


@asynccontextmanager
async def erasing(config: Settings) -> AsyncIterator[Erasing]:
    """What erases people from the database of the settings. Raises Unavailable."""
    async with graph(config) as opened:
        contexts = ContextReader(opened, lambda _: None, config.blocklist)
        yield Erasing(contexts, ErasureService(opened, SplitService(opened, MergeService(opened))))
