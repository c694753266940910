"""The command that imports files of events."""

import contextlib
import gc
import sys
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import click
import uvloop
from msgspec import Struct

from app.bulk.checkpoint import Checkpoint
from app.bulk.formats import reader
from app.bulk.importer import ImportJob
from app.bulk.rejects import RejectsFile
from app.bulk.source import STDIN, SourceError
from app.cli import resources
from app.cli.database import ensure_database, load_settings
from app.cli.exit_codes import SOME_REJECTED, exit_unfinished_on_errors
from app.observability import progress
from app.settings import Settings

# Thousands of records are in memory, none in a cycle: to search them took a fifth of the time.
GARBAGE_COLLECTION_THRESHOLDS = (100_000, 50, 100)


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
    parsed = _Options(**options)
    began = time.monotonic()
    with exit_unfinished_on_errors():
        jobs = _jobs(parsed)
        config = load_settings()
        with ensure_database(config):
            ends = uvloop.run(_import(config, jobs, RejectsFile(parsed.rejects)))
    stored, rejected = sum(end.stored for end in ends), sum(end.rejected for end in ends)
    rejects_file = f" (see {parsed.rejects})" if rejected else ""
    seconds = time.monotonic() - began
    click.echo(f"{stored:,} stored, {rejected:,} rejected{rejects_file}, in {seconds:.0f} s")
    if rejected:
        sys.exit(SOME_REJECTED)


def _jobs(options: _Options) -> list[ImportJob]:
    """The imports of the files. Raises UsageError or SourceError if one of them cannot run."""
    if options.name is not None and (len(options.files) > 1 or not options.name.strip()):
        raise click.UsageError("--name takes a word, and goes with one file")
    if options.files.count(STDIN) > 1:
        raise click.UsageError("standard input can be read once")
    if str(options.rejects) in options.files:
        raise click.UsageError(
            f"{options.rejects} cannot be imported while rejects are added to it"
        )
    return [_job(path, options) for path in options.files]


def _job(path: str, options: _Options) -> ImportJob:
    format_ = options.format or reader.format_of(path)
    if format_ == reader.SEGMENT and options.key:
        raise click.UsageError("--key: of a Segment export, messageId is the key")
    with _name_in_errors(path):
        import_id = reader.import_id(path, options.name, format_, options.key)
    if not (import_id or options.key or format_ == reader.SEGMENT):
        raise click.UsageError(
            "standard input needs a --name, or a --key, by which its events are known again"
        )
    size = None
    if path != STDIN:  # which can be read only once
        with _name_in_errors(path):
            reader.require_readable(path, format_, options.key)
        size = Path(path).stat().st_size
    read = reader.reader_for(format_, options.key)
    return ImportJob(path, size, read, import_id, options.restart, options.create_customers)


async def _import(
    config: Settings, jobs: list[ImportJob], rejects: RejectsFile
) -> list[Checkpoint]:
    gc.set_threshold(*GARBAGE_COLLECTION_THRESHOLDS)
    ends: list[Checkpoint] = []
    async with resources.open_importer(config, rejects) as importer:
        for job in jobs:
            name = reader.display_name(job.path)
            with progress.track(name, job.size) as show, _name_in_errors(job.path):
                report = partial(_report, show)
                ends.append(await importer.run(job, report))
    return ends


def _report(show: progress.Report, checkpoint: Checkpoint, bytes_read: int) -> None:
    show(f"{checkpoint.stored:,} stored, {checkpoint.rejected:,} rejected", bytes_read)


@contextlib.contextmanager
def _name_in_errors(path: str) -> Iterator[None]:
    try:
        yield
    except SourceError as error:
        raise type(error)(f"{reader.display_name(path)}: {error}") from error
