"""The command line: its commands, each loaded when it is called."""

from importlib import import_module

import click

# The location and the summary of each command. Loading all of them to list them would take half a
# second.
COMMANDS = {
    "serve": ("app.cli.serve:serve_command", "Start the service."),
    "mcp": ("app.cli.mcp:mcp_command", "Serve one agent over stdio (MCP)."),
    "check": ("app.cli.check:check_command", "Check the settings and the database."),
    "tail": ("app.cli.tail:tail_command", "Show events as they arrive."),
    "consume": ("app.cli.consume:consume_command", "Store records of Kafka topics as events."),
    "import": ("app.cli.import_:import_command", "Import events from files."),
    "export": ("app.cli.export:export_command", "Export every Touchpoint as JSON Lines."),
    "erase": ("app.cli.erase:erase_command", "Erase Customers permanently."),
    "suppressions": (
        "app.cli.suppressions:suppression_commands",
        "Suppress people by their identifiers.",
    ),
    "webhooks": (
        "app.cli.webhooks:webhook_commands",
        "Test the delivery of webhooks, or resume it.",
    ),
    "size": ("app.cli.size:size_command", "Forecast cores, memory and disk."),
    "prune": ("app.cli.prune:prune_command", "Delete old Touchpoints."),
    "neo4j-admin": ("app.cli.neo4j_admin:admin_command", "Dump or load the embedded Neo4j."),
    "keys": ("app.cli.keys:key_commands", "Create, list, rotate and revoke API keys."),
}


class LazyGroup(click.Group):
    """A group that loads a command from its module when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names of the commands."""
        return [*COMMANDS]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of a name, or None."""
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name][0].partition(":")
        return getattr(import_module(module), name)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Lists the commands without loading them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, summary) for name, (_, summary) in COMMANDS.items()])


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="waypath-events")
def cli() -> None:
    """Waypath Events: store marketing events in Neo4j, each resolved to a Customer.

    The settings are environment variables, such as NEO4J_URI. `waypath COMMAND --help` lists the
    options, defaults and exit codes of a command.
    """
    from app.observability import logs  # noqa: PLC0415 - takes a tenth of a second; help needs none of it

    logs.configure()
