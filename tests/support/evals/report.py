"""The report: a table of the tasks, with the result of each."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pytest

_RESULTS = {"passed": "passed", "failed": "FAILED", "error": "ERROR", "skipped": "skipped"}


def lines(reports: Mapping[str, Sequence[Any]]) -> Iterator[str]:
    """Returns the lines of the table, by the reports of pytest by their outcome."""
    tasks = [
        (test.nodeid.partition("[")[2].rstrip("]"), _RESULTS[outcome], properties)
        for outcome in _RESULTS
        for test, properties in _with_properties(reports.get(outcome, ()))
        if "task" in properties
    ]
    yield ""
    yield f"{'Task':42} {'Result':7} {'Calls':>5} {'ms':>5}  Asked"
    for name, result, properties in sorted(tasks):
        milliseconds = f"{properties['seconds'] * 1000:.0f}" if "seconds" in properties else ""
        yield (
            f"{name:42} {result:7} {properties['calls']:5} {milliseconds:>5}  {properties['task']}"
        )
    passed = sum(result == "passed" for _, result, _ in tasks)
    seconds = sum(properties.get("seconds", 0) for _, _, properties in tasks)
    yield f"{passed} of {len(tasks)} tasks passed, in {seconds:.1f} s."


def _with_properties(reports: Sequence[Any]) -> Iterator[tuple[pytest.TestReport, dict[str, Any]]]:
    for report in reports:
        if isinstance(report, pytest.TestReport):
            yield report, dict(report.user_properties)
