"""The command that deletes old Touchpoints."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import click
import uvloop

from app.cli import resources
from app.cli.database import ensure_database
from app.cli.environment import load_settings
from app.cli.exit_codes import UNFINISHED, Unfinished, exit_codes, exit_unfinished_on_errors
from app.observability import progress
from app.retention.pruner import COMMAND_LINE, Preview, Pruner, PruneResult
from app.setting_types import MAX_DAYS
from app.settings import Settings

WAIT_SECONDS = 1.0  # between two attempts to begin while another process deletes Touchpoints

EXIT_CODES = {
    0: "No Touchpoint is older. With --dry-run: the older ones are counted.",
    1: "No Touchpoint was deleted: declined prompt or invalid setting.",
    2: "No Touchpoint was deleted: invalid option, or no number of days.",
    UNFINISHED: "The deletion is incomplete. Run the command again to resume it.",
}


@click.command(name="prune", epilog=exit_codes(EXIT_CODES))
@click.option(
    "--older-than",
    "days",
    metavar="DAYS",
    type=click.IntRange(1, MAX_DAYS),
    help="Delete Touchpoints that occurred more than this number of days ago.  "
    "[default: WAYPATH_RETENTION]",
)
@click.option("--dry-run", is_flag=True, help="Count the Touchpoints, and delete none.")
@click.option("--yes", is_flag=True, help="Skip the confirmation prompt of --older-than.")
def prune_command(days: int | None, *, dry_run: bool, yes: bool) -> None:
    """Delete old Touchpoints permanently. Customers and their Identifiers stay.

    The time of a Touchpoint is that at which its event occurred. With --older-than, the command
    asks for confirmation. It can run while the service runs. If it is interrupted, run it again to
    resume.
    """
    config = load_settings()
    days_to_keep = days or config.retention
    if days_to_keep is None:
        raise click.UsageError("set --older-than or WAYPATH_RETENTION")
    with exit_unfinished_on_errors(), ensure_database(config):
        preview = uvloop.run(_preview(config, days_to_keep))
        click.echo(_describe(preview))
        if dry_run or not preview.touchpoints:
            return
        if days and not yes:
            click.confirm(
                f"Delete {_counted(preview.touchpoints)} permanently?", abort=True, err=True
            )
        result = uvloop.run(_prune(config, days_to_keep, preview.touchpoints))
        click.echo(f"{_counted(result.touchpoints)} deleted, which occurred before {result.before}")
        if not result.is_complete:
            raise Unfinished("another process took over the deletion: run the command again")


async def _preview(config: Settings, days: int) -> Preview:
    async with _pruner(config) as pruner:
        return await pruner.preview(days)


async def _prune(config: Settings, days: int, total: int) -> PruneResult:
    async with _pruner(config) as pruner:
        with progress.track("prune", total) as show:

            def report(deleted: int) -> None:
                show(f"{_counted(deleted)} deleted", deleted)

            is_waiting = False
            while (result := await pruner.prune(days, COMMAND_LINE, report)) is None:
                if not is_waiting:
                    click.echo("waiting: another process deletes Touchpoints", err=True)
                is_waiting = True
                await asyncio.sleep(WAIT_SECONDS)
            return result


@contextlib.asynccontextmanager
async def _pruner(config: Settings) -> AsyncIterator[Pruner]:
    async with resources.open_graph(config) as graph:
        yield Pruner(graph)


def _describe(preview: Preview) -> str:
    oldest = f", the oldest at {preview.oldest}" if preview.oldest else ""
    return f"{_counted(preview.touchpoints)} occurred before {preview.before}{oldest}"


def _counted(touchpoints: int) -> str:
    return f"{touchpoints:,} {'Touchpoint' if touchpoints == 1 else 'Touchpoints'}"
