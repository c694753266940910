"""The command that runs Neo4j's admin tool on the embedded Neo4j."""

import sys

import click

from app.cli.environment import load_settings
from app.cli.exit_codes import exit_on_errors
from app.graph.embedded.admin import administer


@click.command(
    name="neo4j-admin",
    add_help_option=False,
    context_settings={"ignore_unknown_options": True},
)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def admin_command(arguments: tuple[str, ...]) -> None:
    """Run neo4j-admin on the embedded Neo4j, for example to dump or load it.

    Stop the service first.
    """
    config = load_settings()
    if config.neo4j_uri:
        raise click.ClickException("NEO4J_URI is set: use the neo4j-admin of that Neo4j")
    with exit_on_errors():
        sys.exit(administer(config.neo4j_home, arguments))
