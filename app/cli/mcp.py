"""The command that serves one agent."""

import asyncio
import os
import signal

import click

from app import main, settings
from app.cli.database import ensure_database, load_settings
from app.cli.exit_codes import exit_on_errors
from app.errors import Unauthenticated


@click.command(name="mcp")
def mcp_command() -> None:
    """Serve one agent over stdio (MCP), with the API key in WAYPATH_API_KEY."""
    key = os.environ.get("WAYPATH_API_KEY")
    if not key:
        raise click.ClickException("WAYPATH_API_KEY is not set: `keys create` prints a key for it")
    config = load_settings()
    with exit_on_errors(), ensure_database(config):
        # The thread that reads standard input would block any cleaner shutdown.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        try:
            asyncio.run(main.serve_agent(config, settings.database(config), key))
        except Unauthenticated as error:
            raise click.ClickException(f"WAYPATH_API_KEY: {error}") from error
