"""The command that serves."""

import click

from app import service
from app.embedded import EmbeddedError
from app.invocation import load_settings


@click.command(name="serve")
def serve_command() -> None:
    """Serve until Ctrl-C, on NEO4J_URI or else on an embedded Neo4j."""
    try:
        service.serve(load_settings())
    except (OSError, EmbeddedError) as error:
        raise click.ClickException(str(error)) from error
