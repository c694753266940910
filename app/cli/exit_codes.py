"""An invocation: what the commands run on, and how they tell of what is wrong with it."""

import asyncio
import contextlib
import os
from collections.abc import Awaitable, Callable, Iterator
from typing import TypeVar

import click
import structlog

from app import settings
from app.bulk.source import SourceError, SourceRefused
from app.errors import ServiceError
from app.graph.embedded.supervisor import EmbeddedError, EmbeddedNeo4j, running
from app.graph.graph import Graph
from app.graph.migrations import steps
from app.graph.migrations.runner import Migrator
from app.settings import Settings, SettingsError

T = TypeVar("T")

log = structlog.get_logger()


class Unfinished(click.ClickException):
    """It ended before everything was done; run again, it goes on."""

    exit_code = 3


def load_settings() -> Settings:
    """The settings of the environment. Raises ClickException, which names what is wrong."""
    try:
        return settings.load(os.environ)
    except SettingsError as error:
        raise click.ClickException(str(error)) from error


def on_graph(call: Callable[[Graph], Awaitable[T]]) -> T:
    """What a call on the graph of the settings returns. Raises ClickException."""
    config = load_settings()

    async def run() -> T:
        graph = Graph(settings.database(config))
        try:
            await Migrator(graph, steps.load()).apply()
            return await call(graph)
        finally:
            await graph.close()

    with exits_on_errors(), a_database(config):
        return asyncio.run(run())


@contextlib.contextmanager
def exits_on_errors() -> Iterator[None]:
    """Turns errors of ours into a sentence on standard error and exit code 1."""
    try:
        yield
    except (EmbeddedError, ServiceError) as error:
        raise click.ClickException(str(error)) from error


@contextlib.contextmanager
def unfinished_on_errors() -> Iterator[None]:
    """Turns what ends a long work early into a sentence and exit code 3, wrong usage into 2."""
    try:
        yield
    except SourceRefused as error:
        raise click.UsageError(str(error)) from error
    except (EmbeddedError, OSError, ServiceError, SourceError) as error:
        raise Unfinished(str(error)) from error
    except KeyboardInterrupt as error:
        raise Unfinished("interrupted") from error
    except (click.Abort, click.ClickException):
        raise
    except Exception as error:  # Python's own exit code, 1, means something else here
        log.exception("command_failed")
        raise Unfinished(f"{type(error).__name__}: {error}") from error


@contextlib.contextmanager
def a_database(config: Settings) -> Iterator[None]:
    """Sees to it that there is a database: an embedded one, where none is given and none runs."""
    if config.neo4j_uri or running(config.neo4j_home):
        yield
        return
    with EmbeddedNeo4j(config.neo4j_home):
        yield
