"""The report: a table in the terminal, the targets, and all results as JSON."""

import os
import platform
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import psutil
from rich.console import Console
from rich.table import Table

from bench.contender import Sample, median, ratio

RESULTS = Path(__file__).with_name("results")

console = Console(highlight=False, width=None if sys.stdout.isatty() else 120)


@dataclass(frozen=True)
class Expectation:
    """A target, and the measured value."""

    text: str
    measured: float
    bound: float
    at_most: bool = False

    @property
    def is_met(self) -> bool:
        """Whether the measured value meets the target."""
        return self.measured <= self.bound if self.at_most else self.measured >= self.bound


def show(title: str, samples: Mapping[str, Sequence[Sample]]) -> None:
    """Prints the medians of each row, and their ratio to the first row."""
    table = Table(title=title, caption=host(), title_justify="left", caption_justify="left")
    table.add_column("")
    columns = ("req/s", "events/s", "ratio", "p50 ms", "p99 ms", "failed")
    for column in (*columns, "CPU µs/event", "Neo4j", "load"):
        table.add_column(column, justify="right")
    first = next(iter(samples.values()))
    for name, rounds in samples.items():
        table.add_row(name, *_cells(median(rounds), ratio(rounds, first)))
    console.print(table)


def check(expectations: Iterable[Expectation]) -> None:
    """Prints whether each target is met. A missed target does not end the run."""
    for expectation in expectations:
        sign = "≤" if expectation.at_most else "≥"
        word = "[green]pass[/]" if expectation.is_met else "[red]FAIL[/]"
        console.print(
            f"{word}  {expectation.text}: {expectation.measured:.2f} "
            f"(target {sign} {expectation.bound})"
        )


def save(name: str, content: Mapping[str, Any]) -> Path:
    """Stores the results of a run, with the host and the date. Returns the file."""
    RESULTS.mkdir(exist_ok=True)
    file = RESULTS / f"{name}.json"
    now = datetime.now(UTC).isoformat(timespec="seconds")
    encoded = msgspec.json.encode({"date": now, "machine": host(), **content})
    file.write_bytes(msgspec.json.format(encoded, indent=2) + b"\n")
    console.print(f"stored in {os.path.relpath(file)}")
    return file


def results(samples: Mapping[str, Sequence[Sample]]) -> list[dict[str, Any]]:
    """The rows of a table, for a file."""
    return [
        {"name": name, **asdict(median(rounds)), "rounds": [asdict(sample) for sample in rounds]}
        for name, rounds in samples.items()
    ]


def host() -> str:
    """The host, in one line."""
    memory = round(psutil.virtual_memory().total / 2**30)
    system = f"{platform.system()} {platform.machine()}"
    return f"{os.cpu_count()} cores, {memory} GiB, {system}, Python {platform.python_version()}"


def _cells(sample: Sample, times: float) -> list[str]:
    return [
        f"{sample.requests:,.0f}",
        f"{sample.events:,.0f}",
        f"{times:.2f}",
        f"{sample.p50:.1f}",
        f"{sample.p99:.1f}",
        f"{sample.failures:.0f}",
        *(
            f"{cores / sample.events * 1e6:,.0f}" if cores and sample.events else "-"
            for cores in (sample.program_cpu, sample.neo4j_cpu, sample.load_cpu)
        ),
    ]
