"""The command that serves one agent."""

import asyncio
import os
import signal

import click

from app import main, settings
from app.cli.exit_codes import a_database, exits_on_errors, load_settings
from app.errors import Unauthenticated


@click.command(name="mcp")
def mcp_command() -> None:
    """Serve one agent over stdio (MCP), with the API key in WAYPATH_API_KEY."""
    key = os.environ.get("WAYPATH_API_KEY")
    if not key:
        raise click.ClickException("WAYPATH_API_KEY is not set: `keys create` prints a key for it")
    config = load_settings()
    with exits_on_errors(), a_database(config):
        # The thread that reads standard input would hold up any gentler end.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        try:
            asyncio.run(main.serve_agent(config, settings.database(config), key))
        except Unauthenticated as error:
            raise click.ClickException(f"WAYPATH_API_KEY: {error}") from error
