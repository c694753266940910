"""The commands that change the suppression list."""

from collections.abc import Awaitable, Callable, Iterable
from typing import TextIO

import click

from app.cli.database import run_on_graph
from app.cli.environment import load_settings
from app.cli.exit_codes import exit_codes
from app.domain.identifiers import PARSERS
from app.domain.identity_fields import parse_identifier
from app.graph.graph import Graph
from app.identity.erasure import COMMAND_LINE
from app.identity.reason import MAX_REASON_LENGTH
from app.identity.suppressions import (
    MAX_IDENTIFIERS,
    SuppressionChange,
    SuppressionService,
)

MAX_SHOWN_ERRORS = 20

EXIT_CODES = {
    0: "Success.",
    1: "Missing secret, invalid setting or unavailable database. See the message.",
    2: "Invalid option or argument. The list is unchanged.",
}
IMPORT_EXIT_CODES = EXIT_CODES | {2: "Invalid option, argument or line. The list is unchanged."}
UNDO_EXIT_CODES = EXIT_CODES | {
    1: "Unknown ID, invalid setting or unavailable database. See the message."
}

_reason = click.option(
    "--reason",
    metavar="TEXT",
    required=True,
    help=f"Reason for the audit log, at most {MAX_REASON_LENGTH:,} characters: include no personal "
    "data.",
)


@click.group(name="suppressions")
def suppression_commands() -> None:
    """Suppress people: add identifiers to the suppression list, or remove them."""


@suppression_commands.command(epilog=exit_codes(EXIT_CODES))
@click.argument("identifiers", metavar="IDENTIFIER...", nargs=-1, required=True)
@_reason
def add(identifiers: tuple[str, ...], reason: str) -> None:
    """Suppress identifiers, each as kind:value, such as email:jane@acme.com.

    The service rejects later events with one of them. Stored events stay: see waypath erase.
    """
    names = _parse(enumerate(identifiers, 1), "argument")
    _change_in_parts(names, reason, lambda service: service.add)


@suppression_commands.command(epilog=exit_codes(EXIT_CODES))
@click.argument("identifiers", metavar="IDENTIFIER...", nargs=-1, required=True)
@_reason
def remove(identifiers: tuple[str, ...], reason: str) -> None:
    """End the suppression of identifiers, each as kind:value."""
    names = _parse(enumerate(identifiers, 1), "argument")
    _change_in_parts(names, reason, lambda service: service.remove)


@suppression_commands.command(name="import", epilog=exit_codes(IMPORT_EXIT_CODES))
@click.argument("file", metavar="FILE", type=click.File(encoding="utf-8"))
@click.option(
    "--kind",
    metavar="KIND",
    type=click.Choice([*PARSERS]),
    help="Kind of all identifiers in the file. The lines then have only the values.",
)
@_reason
def import_(file: TextIO, kind: str | None, reason: str) -> None:
    """Suppress the identifiers in FILE, one in each line, as kind:value. - is standard input.

    Blank lines are skipped. You can run the command again: it adds only those that are missing.
    """
    prefix = f"{kind}:" if kind else ""
    lines = ((number, line.strip()) for number, line in enumerate(file, 1))
    names = _parse(((number, prefix + line) for number, line in lines if line), "line")
    _change_in_parts(names, reason, lambda service: service.add)


@suppression_commands.command(epilog=exit_codes(UNDO_EXIT_CODES))
@click.argument("suppression", metavar="ID")
@click.option("--reason", metavar="TEXT", help="Reason for the audit log.")
def undo(suppression: str, reason: str | None) -> None:
    """Undo the suppression ID: remove the identifiers that it added. A repeat changes nothing."""
    secrets = load_settings().suppression_secrets
    _report(
        run_on_graph(
            lambda graph: SuppressionService(graph, secrets).undo(suppression, reason, COMMAND_LINE)
        )
    )


_Change = Callable[[Iterable[str], str | None, str], Awaitable[SuppressionChange]]


def _change_in_parts(
    names: list[str], reason: str, change_of: Callable[[SuppressionService], _Change]
) -> None:
    """Changes the list, in transactions of a bounded size."""
    if not reason.strip() or len(reason) > MAX_REASON_LENGTH:
        raise click.UsageError(f"--reason must have 1 to {MAX_REASON_LENGTH:,} characters")
    secrets = load_settings().suppression_secrets

    async def run(graph: Graph) -> list[SuppressionChange]:
        change = change_of(SuppressionService(graph, secrets))
        return [
            await change(names[start : start + MAX_IDENTIFIERS], reason, COMMAND_LINE)
            for start in range(0, len(names), MAX_IDENTIFIERS)
        ]

    for change in run_on_graph(run):
        _report(change)


def _parse(numbered: Iterable[tuple[int, str]], what: str) -> list[str]:
    """The normalised identifiers. Raises UsageError with the numbers of the invalid ones."""
    names: list[str] = []
    errors: list[str] = []
    for number, text in numbered:
        try:
            names.append(str(parse_identifier(text)))
        except ValueError as error:
            errors.append(f"{what} {number} {error}")
    if errors:
        hidden = len(errors) - MAX_SHOWN_ERRORS
        more = [f"and {hidden:,} more"] if hidden > 0 else []
        raise click.UsageError("\n".join([*errors[:MAX_SHOWN_ERRORS], *more]))
    return names


def _report(change: SuppressionChange) -> None:
    verb = "added" if change.kind == "suppression" else "removed"
    click.echo(f"{change.id}: {change.identifiers:,} identifiers {verb} at {change.at}")
