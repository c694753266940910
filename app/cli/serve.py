"""The command that serves."""

import click

from app import server
from app.cli.database import load_settings
from app.graph.embedded.errors import EmbeddedError


@click.command(name="serve")
def serve_command() -> None:
    """Serve until Ctrl-C, on NEO4J_URI or else on an embedded Neo4j."""
    try:
        server.serve(load_settings())
    except (OSError, EmbeddedError) as error:
        raise click.ClickException(str(error)) from error
