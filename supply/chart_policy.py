"""The policy scanner (checkov) on what the Helm chart renders with each example.

`python -m supply.chart_policy CHECKOV` takes the path of the scanner. Each finding must have an
exception with a reason in `deploy/helm/policy-exceptions.yaml`, and each exception a finding.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

import yaml

from supply import chart
from supply.locked import HERE

EXCEPTIONS = HERE / "deploy" / "helm" / "policy-exceptions.yaml"

Finding = tuple[str, str]  # the ID of a check, and the resource as `Kind/name`


def main() -> int:
    """Prints what is not explained. Returns the exit code: 1 if anything is not."""
    with tempfile.TemporaryDirectory() as folder:
        _render_examples(Path(folder))
        findings = _scan(Path(sys.argv[1]), Path(folder))
    problems = [*unexplained(findings, exceptions()), *unused(findings, exceptions())]
    for problem in problems:
        print(problem)
    if not problems:
        print(f"checkov: {len(findings)} kinds of findings, each of which is explained")
    return 1 if problems else 0


def exceptions() -> set[Finding]:
    """The findings that are explained."""
    listed = yaml.safe_load(EXCEPTIONS.read_text())
    return {(entry["check"], resource) for entry in listed for resource in entry["resources"]}


def unexplained(findings: dict[Finding, str], explained: Iterable[Finding]) -> list[str]:
    """A text for each finding that no exception explains. `findings` have the names of checks."""
    return [
        f"{check} {resource}: {name}"
        for (check, resource), name in findings.items()
        if (check, resource) not in set(explained)
    ]


def unused(findings: Iterable[Finding], explained: Iterable[Finding]) -> list[str]:
    """A text for each exception without a finding."""
    return [
        f"{check} {resource}: the exception has no finding: remove it"
        for check, resource in sorted(set(explained) - set(findings))
    ]


def _render_examples(folder: Path) -> None:
    for example in chart.EXAMPLES:
        manifests = chart.render(yaml.safe_load(example.read_text()))
        text = yaml.safe_dump_all(chart.resources(manifests))
        (folder / example.name).write_text(text)


def _scan(checkov: Path, folder: Path) -> dict[Finding, str]:
    done = subprocess.run(  # noqa: S603 - the path comes from the Makefile
        [
            checkov,
            *("--directory", folder, "--framework", "kubernetes", "--output", "json"),
            *("--quiet", "--compact", "--skip-download"),  # offline
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    # 1 means that there are findings.
    if done.returncode not in (0, 1) or not done.stdout.strip():
        raise SystemExit(f"checkov failed with exit code {done.returncode}: {done.stderr}")
    report = json.loads(done.stdout)
    summary = report.get("summary", report)  # without findings, it is the report
    if summary["parsing_errors"] or not summary["resource_count"]:
        raise SystemExit(f"checkov did not read every manifest: {summary}")
    return {
        (finding["check_id"], _resource(finding["resource"])): finding["check_name"]
        for finding in report["results"]["failed_checks"]
    }


def _resource(name: str) -> str:
    kind, _, rest = name.partition(".")
    return f"{kind}/{rest.partition('.')[2]}"


if __name__ == "__main__":
    sys.exit(main())
