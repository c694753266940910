"""The command that starts the service."""

import click

from app import server
from app.cli.environment import load_settings
from app.cli.exit_codes import exit_codes
from app.errors import Unavailable
from app.graph.embedded.errors import EmbeddedError

EXIT_CODES = {
    0: "The service stopped on SIGINT or SIGTERM.",
    1: "The service cannot start: the message gives the reason.",
    2: "An argument is invalid.",
}


@click.command(name="serve", epilog=exit_codes(EXIT_CODES))
def serve_command() -> None:
    """Start the service, and serve until SIGINT (Ctrl-C) or SIGTERM.

    The service uses the Neo4j in NEO4J_URI. If NEO4J_URI is not set, it starts an embedded Neo4j.
    It listens on WAYPATH_HOST and WAYPATH_PORT, by default http://127.0.0.1:8000.
    """
    try:
        server.serve(load_settings())
    except (OSError, EmbeddedError, Unavailable) as error:
        raise click.ClickException(str(error)) from error
