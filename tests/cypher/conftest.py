"""Fixtures of the tests of single statements: a database with the schema."""

import pytest

from app.graph.migrations import definitions
from app.graph.migrations.runner import Migrator


@pytest.fixture
async def schema(graph):
    """Applies the schema migrations."""
    await Migrator(graph, definitions.load()).apply()
