"""The download of jars from Maven Central into a directory, with its progress on stderr."""

import contextlib
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

import requests
import tenacity
from jgo.config import GlobalSettings
from jgo.constants import MAVEN_CENTRAL_URL
from jgo.maven import MavenContext, PythonResolver
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

MAX_PARALLEL_DOWNLOADS = 8
SILENCE_TIMEOUT_SECONDS = 30  # without a byte from the server
MAX_ATTEMPTS = 4

Report = Callable[[int, int], None]  # takes the new bytes and the new jars


class DownloadError(OSError):
    """A jar cannot be downloaded; the message names it."""


def download(coordinates: list[str], directory: Path) -> Iterator[tuple[str, Path]]:
    """Downloads the jars with these coordinates; yields each as it arrives, with its file.

    Raises DownloadError if one fails at its last attempt.
    """
    with _progress(len(coordinates)) as report:
        context = _context(directory, report)
        pool = ThreadPoolExecutor(MAX_PARALLEL_DOWNLOADS)
        try:
            pending = {pool.submit(_download, context, name): name for name in coordinates}
            for future in as_completed(pending):
                yield pending[future], future.result()
                report(0, 1)
        finally:
            pool.shutdown(cancel_futures=True)


def _context(directory: Path, report: Report) -> MavenContext:
    @contextlib.contextmanager
    def report_bytes(_filename: str, _size: int) -> Iterator[Callable[[int], None]]:
        yield lambda count: report(count, 0)

    return MavenContext(
        resolver=PythonResolver(progress_callback=report_bytes),
        repo_cache=directory,
        # A mirror is set as "central" in jgo's own settings.
        remote_repos={"central": MAVEN_CENTRAL_URL, **GlobalSettings.load().repositories},
        timeout=SILENCE_TIMEOUT_SECONDS,
    )


def _download(context: MavenContext, coordinates: str) -> Path:
    artifact = context.create_dependency(coordinates).artifact
    attempts = tenacity.Retrying(
        retry=tenacity.retry_if_exception_type((requests.RequestException, RuntimeError)),
        stop=tenacity.stop_after_attempt(MAX_ATTEMPTS),
        wait=tenacity.wait_random_exponential(multiplier=0.5, max=5),
        reraise=True,
    )

    def fetch() -> Path | None:
        if artifact.cached_path:
            artifact.cached_path.unlink(missing_ok=True)  # of a failed attempt
        return context.resolver.download(artifact)

    try:
        if file := attempts(fetch):
            return file
        raise DownloadError(f"{coordinates}: not found")
    except requests.ConnectionError as error:
        raise DownloadError(f"{coordinates}: no connection to Maven Central") from error
    except (requests.RequestException, RuntimeError) as error:
        raise DownloadError(f"{coordinates}: {error}") from error


@contextlib.contextmanager
def _progress(total: int) -> Iterator[Report]:
    show = _bar if sys.stderr.isatty() else _lines
    with show(total) as report:
        yield report


@contextlib.contextmanager
def _bar(total: int) -> Iterator[Report]:
    columns = (
        TextColumn("Downloading Neo4j (first start only)"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("jars, {task.fields[megabytes]:.0f} MB"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True)) as progress:
        task = progress.add_task("", total=total, megabytes=0.0)
        fetched = 0

        def report(size: int, jars: int) -> None:
            nonlocal fetched
            fetched += size
            progress.update(task, advance=jars, megabytes=fetched / 1e6)

        yield report


@contextlib.contextmanager
def _lines(total: int) -> Iterator[Report]:
    began = time.monotonic()
    jars_done, fetched, step = 0, 0, max(total // 4, 1)
    print(f"Downloading Neo4j (first start only): {total} jars", file=sys.stderr, flush=True)

    def report(size: int, jars: int) -> None:
        nonlocal jars_done, fetched
        jars_done, fetched = jars_done + jars, fetched + size
        if jars and (jars_done % step == 0 or jars_done == total):
            took = time.monotonic() - began
            line = f"  {jars_done}/{total} jars, {fetched / 1e6:.0f} MB, {took:.0f} s"
            print(line, file=sys.stderr, flush=True)

    yield report
