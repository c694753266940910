"""The command that imports events from files."""

import contextlib
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
from app.cli import garbage_collection, resources
from app.cli.database import ensure_database
from app.cli.environment import load_settings
from app.cli.exit_codes import (
    SOME_REJECTED,
    UNFINISHED,
    exit_codes,
    exit_unfinished_on_errors,
)
from app.observability import progress
from app.settings import Settings

EXIT_CODES = {
    0: "Every record is stored.",
    SOME_REJECTED: "Some records were rejected (see --rejects), or a setting is invalid.",
    2: "An option, an argument or a file is invalid. See the message.",
    UNFINISHED: "The import is incomplete. Run the command again to resume it.",
}


class _Options(Struct, frozen=True):
    files: tuple[str, ...]
    format: str | None
    key: str | None
    name: str | None
    rejects: Path
    restart: bool
    create_customers: bool


@click.command(name="import", epilog=exit_codes(EXIT_CODES))
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
    help="Format of the files.  [default: csv for .csv, .csv.gz and .csv.zst, otherwise jsonl]",
)
@click.option(
    "--key",
    metavar="FIELD",
    help="Field or column that contains the idempotency keys. Not for segment, which uses "
    "messageId.  [default: idempotencyKey, or else an idempotency key derived from the line]",
)
@click.option(
    "--name",
    metavar="NAME",
    help="Name by which a retry finds the last checkpoint of this file. Standard input needs "
    "--name, --key or --format segment.  [default: a digest of the file's content]",
)
@click.option(
    "--rejects",
    type=click.Path(dir_okay=False, path_type=Path),
    default="import-rejects.jsonl",
    show_default=True,
    help="File to which rejected records are appended, each with its errors.",
)
@click.option(
    "--restart",
    is_flag=True,
    help="Start from the first line, not from the last checkpoint. Stored events are not "
    "duplicated.",
)
@click.option(
    "--create-customers",
    is_flag=True,
    help="Create each Customer that an event names by ID and that does not exist, except erased "
    "ones. Without this option, such records are rejected.",
)
def import_command(**options: Any) -> None:
    """Import events from files; - is standard input.

    A file contains JSON Lines, CSV or Segment calls, uncompressed or compressed with gzip or zstd.
    If you run the command again, it resumes at the last checkpoint and stores no event twice.
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
        raise click.UsageError("--name must not be blank, and requires exactly one FILE")
    if options.files.count(STDIN) > 1:
        raise click.UsageError("standard input must be given only once")
    if str(options.rejects) in options.files:
        raise click.UsageError(
            f"{options.rejects} must not be both FILE and the rejects file: set --rejects"
        )
    return [_job(path, options) for path in options.files]


def _job(path: str, options: _Options) -> ImportJob:
    format_ = options.format or reader.format_of(path)
    if format_ == reader.SEGMENT and options.key:
        raise click.UsageError("--key is not valid for segment: messageId is the idempotency key")
    with _name_in_errors(path):
        import_id = reader.import_id(path, options.name, format_, options.key)
    if not (import_id or options.key or format_ == reader.SEGMENT):
        raise click.UsageError(
            "standard input needs --name, --key or --format segment, "
            "so that a retry stores no event twice"
        )
    size = None
    if path != STDIN:  # standard input can be read only once
        with _name_in_errors(path):
            reader.require_readable(path, format_, options.key)
        size = Path(path).stat().st_size
    read = reader.reader_for(format_, options.key)
    return ImportJob(path, size, read, import_id, options.restart, options.create_customers)


async def _import(
    config: Settings, jobs: list[ImportJob], rejects: RejectsFile
) -> list[Checkpoint]:
    garbage_collection.relax()
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
