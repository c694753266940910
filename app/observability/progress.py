"""Progress: how far something long has come, on standard error."""

import contextlib
import sys
import time
from collections.abc import Callable, Iterator

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

INTERVAL = 10.0  # seconds between two lines, where there is no terminal

Report = Callable[[str, int], None]  # takes what to say, and how much of the whole is done


@contextlib.contextmanager
def shown(title: str, total: int | None) -> Iterator[Report]:
    """Shows progress while open: a bar on a terminal, otherwise a line now and then."""
    show = _bar if sys.stderr.isatty() else _lines
    with show(title, total) as report:
        yield report


@contextlib.contextmanager
def _bar(title: str, total: int | None) -> Iterator[Report]:
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[said]}", markup=False),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True)) as progress:
        task = progress.add_task(title, total=total, said="")
        yield lambda said, done: progress.update(task, completed=done, said=said)


@contextlib.contextmanager
def _lines(title: str, total: int | None) -> Iterator[Report]:
    due = time.monotonic() + INTERVAL

    def report(said: str, done: int) -> None:
        nonlocal due
        if time.monotonic() >= due:
            part = f" ({done / total:.0%})" if total else ""
            print(f"{title}: {said}{part}", file=sys.stderr, flush=True)
            due = time.monotonic() + INTERVAL

    yield report
