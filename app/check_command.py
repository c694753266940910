"""The command that says what is wrong."""

import asyncio
import os
from collections.abc import Mapping

import click

from app import migrations, settings, target
from app.check import Check, Finding
from app.graph import Graph
from app.migrator import Migrator
from app.settings import SettingsError


@click.command(name="check")
def check_command() -> None:
    """Say what is wrong with the settings and the database; exit with 1 if anything is."""
    findings = asyncio.run(_findings(os.environ))
    for finding in findings:
        click.echo(finding)
    if not all(finding.is_ok for finding in findings):
        raise click.exceptions.Exit(1)


async def _findings(environ: Mapping[str, str]) -> list[Finding]:
    try:
        where = target.database(settings.load(environ))
    except SettingsError as error:
        return [Finding("settings", fault, is_ok=False) for fault in error.faults]
    except LookupError as error:
        message = f"{error}: start the service, or set NEO4J_URI"
        return [Finding("settings", "can be used"), Finding("database", message, is_ok=False)]
    graph = Graph(where)
    steps = migrations.load()
    try:
        found = await Check(graph, Migrator(graph, steps), steps).findings()
    finally:
        await graph.close()
    return [Finding("settings", "can be used"), *found]
