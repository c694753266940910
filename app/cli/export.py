"""The command that exports every event."""

import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import click
import uvloop

from app.bulk import exporter
from app.cli import resources
from app.cli.database import ensure_database
from app.cli.environment import load_settings
from app.cli.exit_codes import UNFINISHED, exit_codes, exit_unfinished_on_errors
from app.observability import progress
from app.settings import Settings

EXIT_CODES = {
    0: "Every Touchpoint was exported.",
    1: "A setting is invalid.",
    2: "An option is invalid.",
    UNFINISHED: "The export is incomplete. Run the command again: it starts over.",
}


@click.command(name="export", epilog=exit_codes(EXIT_CODES))
@click.option(
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    help="File to write. It appears only when the export is complete.  [default: standard output]",
)
def export_command(output: Path | None) -> None:
    """Export every Touchpoint as JSON Lines, one event per line.

    To restore the events into an empty database, run `import --create-customers`.
    """
    config = load_settings()
    with exit_unfinished_on_errors(), ensure_database(config), _open_output(output) as file:
        count = uvloop.run(_export(config, file))
    click.echo(f"{count:,} exported", err=True)


async def _export(config: Settings, file: BinaryIO) -> int:
    async with resources.open_graph(config) as graph:
        with progress.track("export", None) as show:
            return await exporter.write(graph, file, lambda count: show(f"{count:,} exported", 0))


@contextlib.contextmanager
def _open_output(output: Path | None) -> Iterator[BinaryIO]:
    if output is None:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    part = output.with_name(f"{output.name}.part")
    try:
        with part.open("wb") as file:
            yield file
        part.replace(output)
    finally:
        part.unlink(missing_ok=True)
