"""The commands for API keys: create, list, rotate and revoke them."""

import re

import click

from app.access import api_keys
from app.cli.database import run_on_graph
from app.domain import ids
from app.graph.graph import Row


@click.group(name="keys")
def key_commands() -> None:
    """Create, list, rotate and revoke API keys."""


@key_commands.command()
@click.option("--name", required=True, help="What a person calls the key.")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    required=True,
    type=click.Choice(api_keys.SCOPES),
    help="What the key may do; repeat it for more.",
)
def create(name: str, scopes: tuple[str, ...]) -> None:
    """Create a key and print it. It is shown this once: only its SHA-256 is stored."""
    key = api_keys.generate()
    digest = api_keys.digest(key)
    run_on_graph(
        lambda graph: graph.write(
            "api_key_create",
            id=ids.new_key_id(),
            name=name,
            hash=digest,
            scopes=sorted(set(scopes)),
        )
    )
    click.echo(key)


@key_commands.command(name="list")
def list_keys() -> None:
    """List the keys, the oldest first."""
    for row in run_on_graph(lambda graph: graph.read("api_keys_all")):
        state = _state(row)
        scopes = ",".join(row["scopes"])
        click.echo(f"{row['id']}\t{row['createdAt']}\t{state}\t{scopes}\t{row['name']}")


@key_commands.command()
@click.argument("key_id", metavar="ID")
@click.option(
    "--grace",
    required=True,
    callback=lambda _context, _option, value: _seconds(value),
    help="How long the key still works beside its successor, such as 30m, 24h or 7d.",
)
def rotate(key_id: str, grace: int) -> None:
    """Create a key in a key's place, print it, and let the other expire."""
    key = api_keys.generate()
    rows = run_on_graph(
        lambda graph: graph.write(
            "api_key_rotate",
            id=key_id,
            successor=ids.new_key_id(),
            hash=api_keys.digest(key),
            grace=grace,
        )
    )
    if not rows:
        raise click.ClickException(f"there is no key {key_id} that could be rotated")
    click.echo(key)


@key_commands.command()
@click.argument("key_id", metavar="ID")
def revoke(key_id: str) -> None:
    """Revoke a key for good; the service refuses it within 5 seconds."""
    if not run_on_graph(lambda graph: graph.write("api_key_revoke", id=key_id)):
        raise click.ClickException(f"there is no key {key_id}")
    click.echo(f"revoked {key_id}", err=True)


def _state(row: Row) -> str:
    if row["revokedAt"]:
        return f"revoked {row['revokedAt']}"
    return f"expires {row['expiresAt']}" if row["expiresAt"] else "active"


def _seconds(text: str) -> int:
    match = re.fullmatch(r"(\d{1,6})([smhd])", text, re.ASCII)
    if match is None:
        raise click.BadParameter("must be a number with its unit: s, m, h or d")
    return int(match[1]) * {"s": 1, "m": 60, "h": 3600, "d": 86400}[match[2]]
