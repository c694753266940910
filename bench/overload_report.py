"""What an overload came to: its steps as tables, and what is expected of them."""

from collections.abc import Sequence
from dataclasses import dataclass

from rich.table import Table

from bench import report
from bench.report import Expectation

BATCH = 100  # events a request
SMALL_RATE = 20  # requests a second, of another API key


@dataclass(frozen=True)
class Step:
    """A load and its outcome: rates are events a second, latencies seconds."""

    multiple: float
    capacity: float  # measured just before
    offered: float
    goodput: float
    p50: float
    p99: float
    rejected: int
    rejected_p99: float
    failed: int  # requests without a response, or with another status
    memory: float  # MiB
    after_p99: float  # of the closed loop, once the overload is over

    @property
    def ratio(self) -> float:
        """The goodput as a part of the capacity."""
        return self.goodput / self.capacity


@dataclass(frozen=True)
class Fairness:
    """What a key with few requests has alone, and beside one that floods; in seconds."""

    multiple: float
    alone_p99: float
    beside_p50: float
    beside_p99: float
    rejected: int


def expectations(steps: Sequence[Step], fairness: Sequence[Fairness]) -> list[Expectation]:
    """What the service is expected to keep in an overload."""
    over = [step for step in steps if step.multiple > 1]
    expected: list[Expectation] = []
    for step in over:
        name = f"{step.multiple:g} x the capacity"
        expected += [
            Expectation(f"{name}: goodput of the capacity", step.ratio, 0.85),
            Expectation(f"{name}: p99 of accepted, s", step.p99, 2, True),
            Expectation(f"{name}: p99 of rejected, s", step.rejected_p99, 0.05, True),
        ]
    sizes = [step.memory for step in over]
    memory = max(sizes) / min(sizes)
    expected.append(Expectation("memory, the most of the least", memory, 1.15, True))
    for row in fairness:
        bound = max(0.25, 3 * row.alone_p99)
        text = f"a key of {SMALL_RATE} requests/s beside {row.multiple:g} x: p99, s"
        expected.append(Expectation(text, row.beside_p99, bound, True))
    return expected


def show(steps: Sequence[Step], fairness: Sequence[Fairness]) -> None:
    """Prints the tables."""
    table = Table(
        title=f"batches of {BATCH}, open loop",
        caption=report.machine(),
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
            f"a key of {SMALL_RATE} requests/s: p99 {row.alone_p99 * 1000:.0f} ms alone; beside "
            f"{row.multiple:g} x the capacity of another key p50 {row.beside_p50 * 1000:.0f} ms, "
            f"p99 {row.beside_p99 * 1000:.0f} ms, {row.rejected} rejected"
        )
