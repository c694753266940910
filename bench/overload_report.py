"""The report of an overload: the tables of its steps, and their targets."""

from collections.abc import Sequence
from dataclasses import dataclass

from rich.table import Table

from bench import report
from bench.report import Expectation

BATCH = 100  # events per request
SMALL_RATE = 20  # requests per second, of another API key


@dataclass(frozen=True)
class Step:
    """A load and its results: rates are events per second, latencies are seconds."""

    multiple: float
    capacity: float  # measured just before
    offered: float
    goodput: float
    p50: float
    p99: float
    rejected: int
    rejected_p99: float
    failed: int  # requests without a response or with another status
    memory: float  # MiB
    after_p99: float  # of the closed loop after the overload

    @property
    def ratio(self) -> float:
        """The goodput as a ratio of the capacity."""
        return self.goodput / self.capacity


@dataclass(frozen=True)
class Fairness:
    """The latencies of an API key with few requests, alone and during a flood; in seconds."""

    multiple: float
    alone_p99: float
    flood_p50: float
    flood_p99: float
    rejected: int


def expectations(steps: Sequence[Step], fairness: Sequence[Fairness]) -> list[Expectation]:
    """The targets in an overload."""
    over = [step for step in steps if step.multiple > 1]
    expected: list[Expectation] = []
    for step in over:
        name = f"{step.multiple:g} x the capacity"
        expected += [
            Expectation(f"{name}: goodput / capacity", step.ratio, 0.85),
            Expectation(f"{name}: p99 of accepted, s", step.p99, 2, True),
            Expectation(f"{name}: p99 of rejected, s", step.rejected_p99, 0.05, True),
        ]
    sizes = [step.memory for step in over]
    memory = max(sizes) / min(sizes)
    expected.append(Expectation("memory, maximum / minimum", memory, 1.15, True))
    for row in fairness:
        bound = max(0.25, 3 * row.alone_p99)
        text = f"an API key of {SMALL_RATE} requests/s during {row.multiple:g} x: p99, s"
        expected.append(Expectation(text, row.flood_p99, bound, True))
    return expected


def show(steps: Sequence[Step], fairness: Sequence[Fairness]) -> None:
    """Prints the tables."""
    table = Table(
        title=f"batches of {BATCH}, open loop",
        caption=report.host(),
        title_justify="left",
        caption_justify="left",
    )
    columns = ("x", "capacity/s", "offered/s", "goodput/s", "ratio", "p50 s", "p99 s", "rejected")
    for column in (*columns, "their p99 ms", "failed", "MiB", "p99 s after"):
        table.add_column(column, justify="right")
    for step in steps:
        table.add_row(
            f"{step.multiple:g}",
            *(f"{figure:,.0f}" for figure in (step.capacity, step.offered, step.goodput)),
            f"{step.ratio:.2f}",
            f"{step.p50:.2f}",
            f"{step.p99:.2f}",
            f"{step.rejected:,}",
            f"{step.rejected_p99 * 1000:.0f}",
            f"{step.failed}",
            f"{step.memory:.0f}",
            f"{step.after_p99:.2f}",
        )
    report.console.print(table)
    for row in fairness:
        report.console.print(
            f"an API key of {SMALL_RATE} requests/s: p99 {row.alone_p99 * 1000:.0f} ms alone; "
            f"while another sends {row.multiple:g} x the capacity, "
            f"p50 {row.flood_p50 * 1000:.0f} ms, "
            f"p99 {row.flood_p99 * 1000:.0f} ms, {row.rejected} rejected"
        )
