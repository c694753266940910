"""What tests of single statements share: a database that has the schema."""

import pytest

from app.graph.migrations import steps
from app.graph.migrations.runner import Migrator


@pytest.fixture
async def schema(graph):
    """Applies the schema migrations."""
    await Migrator(graph, steps.load()).apply()
