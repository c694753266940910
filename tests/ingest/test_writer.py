"""The writer of rows."""

import asyncio
import gc
import sys

import pytest

from app.domain.resolution import ResolutionLimits
from app.ingest import writer
from app.ingest.write_queue import AtomicGroup
from tests.support.ingest_rows import row

pytestmark = pytest.mark.anyio


async def test_it_leaves_no_row_to_the_garbage_collector(api_key, graph, unique):
    event = row(externalId=unique)
    references = sys.getrefcount(event)
    deadline = asyncio.get_running_loop().time() + 60
    gc.disable()
    try:
        await writer.write(graph, ResolutionLimits(), [AtomicGroup([event])], deadline)
        assert sys.getrefcount(event) == references
    finally:
        gc.enable()
