"""The command that serves one agent."""

import asyncio
import os
import signal

import click

from app import main, settings
from app.cli.database import ensure_database
from app.cli.environment import load_settings
from app.cli.exit_codes import exit_codes, exit_on_errors
from app.errors import Unauthenticated

EXIT_CODES = {
    0: "The agent disconnected.",
    1: "The API key or a setting is invalid, or the database is unavailable.",
    2: "An argument is invalid.",
}


@click.command(name="mcp", epilog=exit_codes(EXIT_CODES))
def mcp_command() -> None:
    """Serve one agent over stdio (Model Context Protocol), until it disconnects.

    Set WAYPATH_API_KEY to the agent's API key. The command uses the Neo4j in NEO4J_URI. If
    NEO4J_URI is not set, it uses the embedded Neo4j, and starts it if none is running.
    """
    key = os.environ.get("WAYPATH_API_KEY")
    if not key:
        raise click.ClickException(
            "WAYPATH_API_KEY is not set: set it to an API key from `waypath keys create`"
        )
    config = load_settings()
    with exit_on_errors(), ensure_database(config):
        # The thread that reads standard input would block any cleaner shutdown.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        try:
            asyncio.run(main.serve_agent(config, settings.database(config), key))
        except Unauthenticated as error:
            raise click.ClickException(f"WAYPATH_API_KEY: {error}") from error
