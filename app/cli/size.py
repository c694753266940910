"""The command that forecasts the size of a deployment."""

import click

from app.cli.environment import load_settings
from app.cli.exit_codes import exit_codes
from app.setting_types import MAX_DAYS
from app.sizing import constants
from app.sizing.forecast import Forecast, Workload, forecast

EXIT_CODES = {
    0: "Success.",
    1: "A setting is invalid.",
    2: "An option is invalid, or no number of days.",
}


@click.command(name="size", epilog=exit_codes(EXIT_CODES))
@click.option(
    "--events-per-day",
    "events_a_day",
    metavar="NUMBER",
    type=click.IntRange(1),
    required=True,
    help="Number of events of an average day.",
)
@click.option(
    "--people",
    metavar="NUMBER",
    type=click.IntRange(0),
    required=True,
    help="Number of Customers that the graph will have.",
)
@click.option(
    "--retention",
    metavar="DAYS",
    type=click.IntRange(1, MAX_DAYS),
    help="Number of days for which Touchpoints are stored.  [default: WAYPATH_RETENTION]",
)
@click.option(
    "--peak",
    metavar="FACTOR",
    type=click.FloatRange(1),
    default=4.0,
    show_default=True,
    help="Rate of the busiest minutes, as a multiple of the average.",
)
@click.option(
    "--batches", is_flag=True, help="Events arrive in batches of 500, by an import or from Kafka."
)
def size_command(
    events_a_day: int, people: int, retention: int | None, peak: float, *, batches: bool
) -> None:
    """Forecast the cores, memory and disk of a deployment. Uses no database.

    The forecast uses constants that the benchmark measured. Other hosts differ.
    """
    days = retention or load_settings().retention
    if days is None:
        raise click.UsageError("set --retention or WAYPATH_RETENTION")
    measured = constants.load()
    result = forecast(Workload(events_a_day, people, days, peak, batches), measured)
    for name, value in _lines(result):
        click.echo(f"{name + ':':<22} {value}")
    click.echo(f"measured on {measured.date}: {measured.machine}")


def _lines(result: Forecast) -> list[tuple[str, str]]:
    return [
        ("average rate", f"{result.average:,.1f} events/s"),
        ("peak rate", f"{result.peak:,.1f} events/s"),
        ("workers", f"{result.workers:,} (busy at the peak: {result.service_load:.2f} cores)"),
        ("Neo4j cores", f"{result.neo4j_cores:,} (busy at the peak: {result.neo4j_load:.2f})"),
        ("memory, service", _bytes(result.service_memory)),
        (
            "memory, Neo4j",
            f"{_bytes(result.neo4j_memory)}, of it page cache {_bytes(result.page_cache)}",
        ),
        ("Touchpoints", f"{result.touchpoints:,}"),
        ("disk", f"{_bytes(result.disk)}, of it data {_bytes(result.data)}"),
        ("Kafka partitions", f"{result.partitions:,}"),
        ("databases", f"{result.databases:,}"),
    ]


def _bytes(size: float) -> str:
    if size >= 10**9:
        return f"{size / 10**9:,.1f} GB"
    return f"{size / 10**6:,.0f} MB"
