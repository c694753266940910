"""The commands for API keys: create, list, rotate and revoke them."""

import re

import click

from app.access import api_keys
from app.cli.database import run_on_graph
from app.cli.exit_codes import exit_codes
from app.domain import ids
from app.graph.graph import Graph, Row

EXIT_CODES = {
    0: "Success.",
    1: "Invalid setting or unavailable database. See the message.",
    2: "Invalid option or argument.",
}
ID_EXIT_CODES = EXIT_CODES | {
    1: "Unknown ID, invalid setting or unavailable database. See the message."
}


@click.group(name="keys")
def key_commands() -> None:
    """Create, list, rotate and revoke API keys."""


@key_commands.command(epilog=exit_codes(EXIT_CODES))
@click.option("--name", metavar="NAME", required=True, help="Descriptive name of the API key.")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    type=click.Choice(api_keys.SCOPES),
    help="Scope of the API key. Repeatable. Required without --browser.",
)
@click.option(
    "--browser",
    is_flag=True,
    help="Create a browser key: pages of its origins can send calls of tracking SDKs with it, and "
    "nothing else.",
)
@click.option(
    "--origin",
    "origins",
    metavar="ORIGIN",
    multiple=True,
    callback=lambda _context, _option, values: [_origin(value) for value in values],
    help="Origin of the pages that may use a browser key, such as https://acme.com. Repeatable. "
    "Required with --browser.",
)
def create(name: str, scopes: tuple[str, ...], browser: bool, origins: list[str]) -> None:
    """Create an API key and print it.

    The API key is printed only once: Neo4j stores only its SHA-256 digest.
    """
    if browser and (scopes or not origins):
        raise click.UsageError("--browser needs --origin, and takes no --scope")
    if not browser and (origins or not scopes):
        raise click.UsageError("--scope is required, and --origin needs --browser")
    key = api_keys.generate(api_keys.BROWSER_PREFIX if browser else api_keys.PREFIX)
    run_on_graph(
        lambda graph: graph.write(
            "api_key_create",
            id=ids.new_key_id(),
            name=name,
            hash=api_keys.digest(key),
            scopes=[api_keys.BROWSER_WRITE] if browser else sorted(set(scopes)),
            origins=sorted(set(origins)) if browser else None,
        )
    )
    click.echo(key)


@key_commands.command(name="list", epilog=exit_codes(EXIT_CODES))
def list_keys() -> None:
    """List API keys, the oldest first.

    Prints one line per API key: ID, creation time, state, scopes, name, and the origins of a
    browser key, separated by tabs.
    """
    for row in run_on_graph(lambda graph: graph.read("api_keys_all")):
        state = _state(row)
        scopes = ",".join(row["scopes"])
        origins = f"\t{','.join(row['origins'])}" if row["origins"] else ""
        click.echo(f"{row['id']}\t{row['createdAt']}\t{state}\t{scopes}\t{row['name']}{origins}")


@key_commands.command(epilog=exit_codes(ID_EXIT_CODES))
@click.argument("key_id", metavar="ID")
@click.option(
    "--grace",
    metavar="TIME",
    required=True,
    callback=lambda _context, _option, value: _seconds(value),
    help="How long the old API key stays valid: a number with the unit s, m, h or d, such as 24h.",
)
def rotate(key_id: str, grace: int) -> None:
    """Create a successor to the API key ID and print it.

    The successor has the same name, scopes and origins. The old API key expires after --grace.
    """
    key = run_on_graph(lambda graph: _rotate(graph, key_id, grace))
    if key is None:
        raise click.ClickException(
            f"no API key with the ID {key_id} can be rotated: it does not exist or is revoked"
        )
    click.echo(key)


@key_commands.command(epilog=exit_codes(ID_EXIT_CODES))
@click.argument("key_id", metavar="ID")
def revoke(key_id: str) -> None:
    """Revoke the API key ID permanently. The service rejects it within 5 seconds."""
    if not run_on_graph(lambda graph: graph.write("api_key_revoke", id=key_id)):
        raise click.ClickException(f"no API key has the ID {key_id}: see `waypath keys list`")
    click.echo(f"revoked {key_id}", err=True)


async def _rotate(graph: Graph, key_id: str, grace: int) -> str | None:
    """Returns the successor of an API key, of the same kind; None if it cannot be rotated."""
    rows = await graph.read("api_keys_all")
    is_browser_key = any(row["id"] == key_id and row["origins"] for row in rows)
    key = api_keys.generate(api_keys.BROWSER_PREFIX if is_browser_key else api_keys.PREFIX)
    rotated = await graph.write(
        "api_key_rotate",
        id=key_id,
        successor=ids.new_key_id(),
        hash=api_keys.digest(key),
        grace=grace,
    )
    return key if rotated else None


def _origin(text: str) -> str:
    try:
        return api_keys.origin(text)
    except ValueError as error:
        raise click.BadParameter(str(error)) from None


def _state(row: Row) -> str:
    if row["revokedAt"]:
        return f"revoked {row['revokedAt']}"
    return f"expires {row['expiresAt']}" if row["expiresAt"] else "active"


def _seconds(text: str) -> int:
    match = re.fullmatch(r"(\d{1,6})([smhd])", text, re.ASCII)
    if match is None:
        raise click.BadParameter("must be a number with the unit s, m, h or d")
    return int(match[1]) * {"s": 1, "m": 60, "h": 3600, "d": 86400}[match[2]]
