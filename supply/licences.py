"""The licences of third-party packages, for `docs/reference/licences.md`.

`python -m supply.licences` writes the tables of the page.
"""

from typing import Any

from supply import sbom
from supply.locked import HERE, normalised, packages

PAGE = HERE / "docs" / "reference" / "licences.md"
MARK = "<!-- `make licences` writes everything below. -->\n"

# SPDX names of the licences that classifiers and free texts name.
_SPDX = {
    "3-Clause BSD License": "BSD-3-Clause",
    "Apache License 2.0": "Apache-2.0",
    "Apache Software License": "Apache-2.0",
    "BSD License": "BSD",
    "MIT License": "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
}


def tables() -> str:
    """The tables of the page: each package with its licence, those of the service first."""
    service = packages("service")
    rows = {
        normalised(part["name"]): f"| {part['name']} | {_licence(part['licenses'])} |"
        for part in sbom.document()["components"]
        if part["purl"].startswith("pkg:pypi/")
    }
    return "\n".join(
        [
            *_table("Service and image", [rows[name] for name in rows if name in service]),
            "",
            *_table("Embedded Neo4j", [rows[name] for name in rows if name not in service]),
            "",
        ]
    )


def _table(title: str, rows: list[str]) -> list[str]:
    return [
        f"## {title}",
        "",
        "| Package | Licence |",
        "| --- | --- |",
        *sorted(rows, key=str.lower),
    ]


def _licence(declared: list[dict[str, Any]]) -> str:
    names = {licence.get("expression") or _name(licence["license"]) for licence in declared}
    if any(name.startswith("BSD-") for name in names):
        names.discard("BSD")
    return ", ".join(sorted(names))


def _name(declared: dict[str, str]) -> str:
    name = declared.get("id") or declared["name"].rpartition(" :: ")[2]
    return _SPDX.get(name, name)


if __name__ == "__main__":
    head, mark, _ = PAGE.read_text().partition(MARK)
    PAGE.write_text(f"{head}{mark}\n{tables()}")
