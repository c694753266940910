"""Progress of a long command, on standard error."""

import contextlib
import sys
import time
from collections.abc import Callable, Iterator

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

LINE_INTERVAL_SECONDS = 10.0  # if standard error is not a terminal

Report = Callable[[str, int], None]  # takes a message, and the completed part of the total


@contextlib.contextmanager
def track(title: str, total: int | None) -> Iterator[Report]:
    """Shows progress while open: a bar on a terminal, otherwise a line every 10 seconds.

    `total` is None if it is not known.
    """
    show = _bar if sys.stderr.isatty() else _lines
    with show(title, total) as report:
        yield report


@contextlib.contextmanager
def _bar(title: str, total: int | None) -> Iterator[Report]:
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[message]}", markup=False),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True)) as progress:
        task = progress.add_task(title, total=total, message="")
        yield lambda message, done: progress.update(task, completed=done, message=message)


@contextlib.contextmanager
def _lines(title: str, total: int | None) -> Iterator[Report]:
    due = time.monotonic() + LINE_INTERVAL_SECONDS

    def report(message: str, done: int) -> None:
        nonlocal due
        if time.monotonic() >= due:
            share = f" ({done / total:.0%})" if total else ""
            print(f"{title}: {message}{share}", file=sys.stderr, flush=True)
            due = time.monotonic() + LINE_INTERVAL_SECONDS

    yield report
