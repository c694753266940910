"""The command line of the benchmark."""

import os
from pathlib import Path

import click

from bench import comparison, growth, overload, workers
from bench.report import RESULTS


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def cli() -> None:
    """Measure the service on this machine."""


_rounds = click.option("--rounds", default=5, show_default=True, type=click.IntRange(1))
_seconds = click.option(
    "--seconds", default=5.0, show_default=True, type=click.FloatRange(1), help="A round's."
)
_warmup = click.option(
    "--warmup",
    default=20.0,
    show_default=True,
    type=click.FloatRange(1),
    help="Seconds of each kind, for Java.",
)


@cli.command()
@_rounds
@_seconds
@_warmup
def compare(rounds: int, seconds: float, warmup: float) -> None:
    """Beside the peer, Neo4j's HTTP API and the driver alone."""
    comparison.run(rounds, seconds, warmup)


@cli.command(name="growth")
@_rounds
@_seconds
@_warmup
@click.option("--touchpoints", default=2_000_000, show_default=True, type=click.IntRange(20_000))
def grow(touchpoints: int, rounds: int, seconds: float, warmup: float) -> None:
    """As the graph grows, on skewed keys."""
    growth.run(touchpoints, rounds, seconds, warmup)


@cli.command(name="workers")
@_rounds
@_seconds
@_warmup
@click.option("--soak", default=0.0, metavar="MINUTES", help="Watch the memory for so long.")
@click.argument("numbers", type=click.IntRange(1), nargs=-1)
def several(
    rounds: int, seconds: float, warmup: float, soak: float, numbers: tuple[int, ...]
) -> None:
    """With NUMBERS of worker processes (1 2 4), or with --soak: its memory under load."""
    if soak:
        workers.soak(soak, *numbers[:1] or (1,))
    else:
        workers.run(numbers or (1, 2, 4), rounds, seconds, warmup)


@cli.command(name="overload")
@click.option(
    "--seconds", default=10.0, show_default=True, type=click.FloatRange(2), help="A step's."
)
@_warmup
def overload_(seconds: float, warmup: float) -> None:
    """With up to ten times what it can commit, and beside a key that floods."""
    overload.run(seconds, warmup)


@cli.command(name="chart")
@click.argument("folder", default=RESULTS, type=click.Path(file_okay=False, path_type=Path))
def draw(folder: Path) -> None:
    """Draw the results that were kept into FOLDER, which is theirs unless named."""
    from bench import chart  # noqa: PLC0415 - matplotlib takes a second to load

    for file in chart.draw(folder):
        click.echo(os.path.relpath(file))


if __name__ == "__main__":
    cli()
