"""The command line of the benchmark."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from bench import comparison, growth, overload, retention, sizing, workers
from bench.report import RESULTS

Command = TypeVar("Command", bound=Callable[..., Any])


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def cli() -> None:
    """Measure the service on this host."""


_rounds = click.option(
    "--rounds", default=5, show_default=True, type=click.IntRange(1), help="Number of rounds."
)
_seconds = click.option(
    "--seconds", default=3.0, show_default=True, type=click.FloatRange(1), help="Seconds per round."
)
_warmup = click.option(
    "--warmup",
    default=12.0,
    show_default=True,
    type=click.FloatRange(1),
    help="Seconds of warm-up per kind of load, in which Java compiles.",
)


def _touchpoints(text: str) -> Callable[[Command], Command]:
    return click.option(
        "--touchpoints",
        default=2_000_000,
        show_default=True,
        type=click.IntRange(20_000),
        help=text,
    )


@cli.command()
@_rounds
@_seconds
@_warmup
def compare(rounds: int, seconds: float, warmup: float) -> None:
    """Compare the service with a baseline.

    The other rows are an import and the driver alone. A cold start comes last.
    """
    comparison.run(rounds, seconds, warmup)


@cli.command(name="growth")
@_rounds
@_seconds
@_warmup
@_touchpoints("Final number of Touchpoints.")
def grow(touchpoints: int, rounds: int, seconds: float, warmup: float) -> None:
    """Measure while the graph grows."""
    growth.run(touchpoints, rounds, seconds, warmup)


@cli.command(name="workers")
@_rounds
@_seconds
@_warmup
@click.option("--soak", default=0.0, metavar="MINUTES", help="Measure the memory for this long.")
@click.argument("numbers", type=click.IntRange(1), nargs=-1)
def several(
    rounds: int, seconds: float, warmup: float, soak: float, numbers: tuple[int, ...]
) -> None:
    """Measure several workers.

    NUMBERS are the numbers of workers, by default 1 2 4. With --soak, the command measures the
    memory under load instead.
    """
    if soak:
        workers.soak(soak, *numbers[:1] or (1,))
    else:
        workers.run(numbers or (1, 2, 4), rounds, seconds, warmup)


@cli.command(name="overload")
@click.option(
    "--seconds", default=10.0, show_default=True, type=click.FloatRange(2), help="Seconds per step."
)
@_warmup
def overload_(seconds: float, warmup: float) -> None:
    """Measure in overload.

    The load is up to ten times the capacity. Then another API key competes with it.
    """
    overload.run(seconds, warmup)


@cli.command(name="retention")
@_rounds
@_seconds
@_warmup
@_touchpoints("Number of old Touchpoints.")
def prune(touchpoints: int, rounds: int, seconds: float, warmup: float) -> None:
    """Measure while old Touchpoints are deleted."""
    retention.run(touchpoints, rounds, seconds, warmup)


@cli.command(name="size")
@_rounds
@_seconds
@_warmup
@click.option(
    "--check", is_flag=True, help="Compare the forecast of the stored constants with a run."
)
def size(rounds: int, seconds: float, warmup: float, *, check: bool) -> None:
    """Measure the constants of the forecast of `waypath size`, and store them."""
    sizing.run(rounds, seconds, warmup, check=check)


@cli.command(name="chart")
@click.argument("folder", default=RESULTS, type=click.Path(file_okay=False, path_type=Path))
def draw(folder: Path) -> None:
    """Draw the charts of the stored results.

    FOLDER is by default the folder of the results.
    """
    from bench import chart  # noqa: PLC0415 - matplotlib takes a second to load

    for file in chart.draw(folder):
        click.echo(os.path.relpath(file))


if __name__ == "__main__":
    cli()
