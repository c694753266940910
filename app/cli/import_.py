"""The command that imports files of events."""

import contextlib
import gc
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import uvloop
from msgspec import Struct

from app.bulk import source
from app.bulk.checkpoint import Checkpoint
from app.bulk.formats import reader
from app.bulk.importer import Job
from app.bulk.rejects import Rejects
from app.bulk.source import STDIN, SourceError
from app.cli import resources
from app.cli.exit_codes import a_database, load_settings, unfinished_on_errors
from app.observability import progress
from app.settings import Settings

SOME_REJECTED = 1
# Thousands of records are held, none in a cycle: to look through them took a fifth of the time.
GARBAGE = (100_000, 50, 100)


class _Options(Struct, frozen=True):
    files: tuple[str, ...]
    format: str | None
    key: str | None
    name: str | None
    rejects: Path
    restart: bool
    create_customers: bool


@click.command(name="import")
@click.argument(
    "files",
    metavar="FILE...",
    nargs=-1,
    required=True,
    type=click.Path(exists=True, dir_okay=False, readable=True, allow_dash=True),
)
@click.option(
    "--format",
    type=click.Choice(reader.FORMATS),
    help="Without it, a name in .csv (.csv.gz, .csv.zst) means csv, any other jsonl.",
)
@click.option("--key", metavar="FIELD", help="The field or column of the idempotency keys.")
@click.option("--name", help="What the file is known by, in place of a digest of its content.")
@click.option(
    "--rejects",
    type=click.Path(dir_okay=False, path_type=Path),
    default="import-rejects.jsonl",
    show_default=True,
    help="Where the records that cannot be kept are added, and why.",
)
@click.option("--restart", is_flag=True, help="Go through all of it again; it changes nothing.")
@click.option("--create-customers", is_flag=True, help="Create the Customers that events name.")
def import_command(**options: Any) -> None:
    """Import events from files of JSON lines or CSV, plain, gzip or zstd; - is standard input.

    Run again, it stores nothing twice, and goes on where it was left. It exits with 0 when all
    is stored, 1 when some records were rejected, 3 when it could not go on to the end.
    """
    given = _Options(**options)
    began = time.monotonic()
    with unfinished_on_errors():
        jobs = _jobs(given)
        config = load_settings()
        with a_database(config):
            done = uvloop.run(_import(config, jobs, Rejects(given.rejects)))
    stored, rejected = sum(each.stored for each in done), sum(each.rejected for each in done)
    where = f" (see {given.rejects})" if rejected else ""
    took = time.monotonic() - began
    click.echo(f"{stored:,} stored, {rejected:,} rejected{where}, in {took:.0f} s")
    if rejected:
        sys.exit(SOME_REJECTED)


def _jobs(given: _Options) -> list[Job]:
    """The imports that are asked for, once nothing is wrong with any of them."""
    if given.name is not None and (len(given.files) > 1 or not given.name.strip()):
        raise click.UsageError("--name takes a word, and goes with one file")
    if given.files.count(STDIN) > 1:
        raise click.UsageError("standard input can be read once")
    if str(given.rejects) in given.files:
        raise click.UsageError(f"{given.rejects} cannot be imported while rejects are added to it")
    return [_job(path, given) for path in given.files]


def _job(path: str, given: _Options) -> Job:
    format_ = given.format or reader.of(path)
    if format_ == reader.SEGMENT and given.key:
        raise click.UsageError("--key: of a Segment export, messageId is the key")
    with _named(path):
        identity = reader.identity(path, given.name, format_, given.key)
    if not (identity or given.key or format_ == reader.SEGMENT):
        raise click.UsageError(
            "standard input needs a --name, or a --key, by which its events are known again"
        )
    read = reader.reader(format_, given.key)
    size = None
    if path != STDIN:
        with source.opened(path) as lines, _named(path):
            read(lines)
        size = Path(path).stat().st_size
    return Job(path, size, read, identity, given.restart, given.create_customers)


async def _import(config: Settings, jobs: list[Job], rejects: Rejects) -> list[Checkpoint]:
    gc.set_threshold(*GARBAGE)
    done: list[Checkpoint] = []
    async with resources.bulk_import(config, rejects) as work:
        for job in jobs:
            with progress.shown(reader.title(job.path), job.size) as show, _named(job.path):
                done.append(await work.run(job, lambda at, read, show=show: show(_said(at), read)))
    return done


def _said(at: Checkpoint) -> str:
    return f"{at.stored:,} stored, {at.rejected:,} rejected"


@contextlib.contextmanager
def _named(path: str) -> Iterator[None]:
    try:
        yield
    except SourceError as error:
        raise type(error)(f"{reader.title(path)}: {error}") from error
