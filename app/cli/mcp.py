"""The command that serves one agent."""

import asyncio
import os
import signal
from pathlib import Path

import click

from app.cli.environment import load_settings
from app.cli.exit_codes import exit_codes, exit_on_errors
from app.errors import ServiceError, Unauthenticated

EXIT_CODES = {
    0: "The agent disconnected.",
    1: "The API key or a setting is invalid, or the database or the service is unavailable.",
    2: "An option is invalid.",
}


@click.command(name="mcp", epilog=exit_codes(EXIT_CODES))
@click.option(
    "--url",
    metavar="URL",
    envvar="WAYPATH_URL",
    help="Address of a running service, such as https://events.example.com. The command then "
    "forwards to it, and needs no database.  [default: WAYPATH_URL, or else the database]",
)
@click.option(
    "--api-key-file",
    metavar="FILE",
    envvar="WAYPATH_API_KEY_FILE",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="File with the API key.  [default: WAYPATH_API_KEY_FILE, or else the API key is in "
    "WAYPATH_API_KEY]",
)
def mcp_command(url: str | None, api_key_file: Path | None) -> None:
    """Serve one agent over stdio (Model Context Protocol), until it disconnects.

    Set WAYPATH_API_KEY to the agent's API key. With --url, the command forwards to a running
    service. Otherwise it uses the Neo4j in NEO4J_URI. If NEO4J_URI is not set, it uses the embedded
    Neo4j, and starts it if none is running.
    """
    if url is not None and not url.startswith(("http://", "https://")):
        raise click.UsageError("--url must begin with http:// or https://")
    key = _key(api_key_file)
    # The thread that reads standard input would block any cleaner shutdown.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    with exit_on_errors():
        try:
            _serve_remote(url, key) if url else _serve(key)
        except ServiceError as error:
            if error.code == Unauthenticated.code:
                raise click.ClickException(f"WAYPATH_API_KEY: {error}") from error
            raise


def _key(file: Path | None) -> str:
    key = os.environ.get("WAYPATH_API_KEY")
    if file and key:
        raise click.UsageError("WAYPATH_API_KEY must not be set together with --api-key-file")
    if file:
        key = file.read_text(errors="replace").strip()
    if not key:
        raise click.ClickException(
            "WAYPATH_API_KEY is not set: set it to an API key from `waypath keys create`"
        )
    return key


def _serve_remote(url: str, key: str) -> None:
    from app.mcp import proxy  # noqa: PLC0415 - only the one of both is needed

    asyncio.run(proxy.serve(url, key))


def _serve(key: str) -> None:
    from app import main, settings  # noqa: PLC0415 - takes half a second
    from app.cli.database import ensure_database  # noqa: PLC0415

    config = load_settings()
    with ensure_database(config):
        asyncio.run(main.serve_agent(config, settings.database(config), key))
