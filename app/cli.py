"""The command line: serve, serve one agent, check, and the commands of other modules."""

import asyncio
import os
import signal

import click

from app import logs, main, service
from app.embedded import EmbeddedError
from app.errors import Unauthenticated
from app.export_command import export_command
from app.import_command import import_command
from app.invocation import a_database, exits_on_errors, load_settings
from app.key_commands import key_commands


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def cli() -> None:
    """Waypath Events: marketing events, resolved to Customers in Neo4j."""
    logs.configure()


@cli.command()
def serve() -> None:
    """Serve until Ctrl-C, on NEO4J_URI or else on an embedded Neo4j."""
    try:
        service.serve(load_settings())
    except (OSError, EmbeddedError) as error:
        raise click.ClickException(str(error)) from error


@cli.command()
def mcp() -> None:
    """Serve one agent over stdio (MCP), with the API key in WAYPATH_API_KEY."""
    key = os.environ.get("WAYPATH_API_KEY")
    if not key:
        raise click.ClickException("WAYPATH_API_KEY is not set: `keys create` prints a key for it")
    config = load_settings()
    with exits_on_errors(), a_database(config):
        # The thread that reads standard input would hold up any gentler end.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        try:
            asyncio.run(main.serve_agent(config, main.database(config), key))
        except Unauthenticated as error:
            raise click.ClickException(f"WAYPATH_API_KEY: {error}") from error


@cli.command()
def check() -> None:
    """Say what is wrong with the settings and the database; exit with 1 if anything is."""
    findings = asyncio.run(main.check(os.environ))
    for finding in findings:
        click.echo(finding)
    if not all(finding.is_ok for finding in findings):
        raise click.exceptions.Exit(1)


for _command in (import_command, export_command, key_commands):
    cli.add_command(_command)
