"""Resources of the commands that import, export, erase and prune."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import NamedTuple

from app import settings
from app.activity import relays
from app.activity.recorder import ActivityRecorder
from app.activity.stream import ActivityStream
from app.bulk.importer import Importer
from app.bulk.rejects import RejectsFile
from app.customers.context import ContextReader
from app.graph.graph import BULK_TIMEOUT_SECONDS, Graph
from app.graph.migrations import definitions
from app.graph.migrations.runner import Migrator
from app.identity.erasure import ErasureService
from app.identity.merges import MergeService
from app.identity.splits import SplitService
from app.identity.suppression_list import SuppressionList
from app.identity.suppressions import SuppressionService
from app.ingest import writer
from app.ingest.event_checks import EventChecks
from app.ingest.group_commit import GroupCommit
from app.ingest.service import Ingest
from app.settings import Settings


@asynccontextmanager
async def open_graph(config: Settings) -> AsyncIterator[Graph]:
    """The graph that the settings name, with its schema. Raises Unavailable."""
    database = settings.database(config)
    schema_graph, graph = Graph(database), Graph(database, BULK_TIMEOUT_SECONDS)
    try:
        # With the default, shorter deadline: an unreachable database is reported early.
        await Migrator(schema_graph, definitions.load()).apply()
        yield graph
    finally:
        await schema_graph.close()
        await graph.close()


@asynccontextmanager
async def _running_activity(config: Settings) -> AsyncIterator[ActivityStream]:
    """The stream of this process, connected with those of the services."""
    database = settings.database(config)
    activity = relays.connect(
        config.data_dir, f"{database.uri} {database.name}", config.rate_limit_storage
    )
    task = asyncio.create_task(activity.run())
    try:
        yield activity
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@asynccontextmanager
async def open_importer(config: Settings, rejects: RejectsFile) -> AsyncIterator[Importer]:
    """An importer for the database that the settings name. Raises Unavailable."""
    async with open_graph(config) as graph:
        commits = GroupCommit(
            partial(writer.write, graph, config.resolution_limits), BULK_TIMEOUT_SECONDS
        )
        blocklist = config.blocklist
        recorder = ActivityRecorder(graph, has_samples=config.rejection_samples)
        async with _running_activity(config) as activity:
            tasks = [asyncio.create_task(run()) for run in (commits.run, recorder.run)]
            try:
                suppressions = SuppressionList(graph, config.suppression_secrets)
                checks = EventChecks(graph, blocklist, suppressions)
                ingest = Ingest(commits, checks, observers=[activity, recorder.observe])
                yield Importer(graph, ingest, blocklist, rejects)
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)


class ErasureResources(NamedTuple):
    """The use cases that the command to erase Customers needs."""

    contexts: ContextReader
    erasures: ErasureService


@asynccontextmanager
async def open_erasure(config: Settings) -> AsyncIterator[ErasureResources]:
    """The use cases on the database that the settings name. Raises Unavailable."""
    async with open_graph(config) as graph:
        contexts = ContextReader(graph, lambda _: None, config.blocklist)
        splits = SplitService(graph, MergeService(graph))
        async with _running_activity(config) as activity:
            suppressions = SuppressionService(graph, config.suppression_secrets)
            erasures = ErasureService(graph, splits, suppressions, forget=activity.erase)
            yield ErasureResources(contexts, erasures)
