"""The values of the Helm chart, for `docs/reference/helm-values.md`.

`python -m supply.helm_values` writes the table of the page, from the comments of `values.yaml`.
"""

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

import yaml

from supply.locked import HERE

VALUES = HERE / "deploy" / "helm" / "waypath-events" / "values.yaml"
PAGE = HERE / "docs" / "reference" / "helm-values.md"
MARK = "<!-- `make helm-values` writes everything below. -->\n"


class Value(NamedTuple):
    """A value: its path with dots, its default, and its description without Markdown's links."""

    path: str
    default: Any
    description: str


def values() -> list[Value]:
    """The values that a user may set, in the order of the file.

    A mapping is no value itself, unless it has a description or is empty.
    """
    text = VALUES.read_text()
    root = yaml.compose(text, yaml.SafeLoader)
    return list(_values(root, "", yaml.safe_load(text), text.splitlines()))


def table() -> str:
    """The table of the page: a row for each value."""
    rows = [
        f"| `{value.path}` | `{json.dumps(value.default)}` | {value.description} |"
        for value in values()
    ]
    return "\n".join(["| Value | Default | Description |", "| --- | --- | --- |", *rows, ""])


def _values(node: Any, prefix: str, defaults: Any, lines: list[str]) -> Iterator[Value]:
    for key, child in node.value:
        path, default = f"{prefix}{key.value}", defaults[key.value]
        description = _comment_above(key.start_mark.line, lines)
        if isinstance(default, dict) and default and not description:
            yield from _values(child, f"{path}.", default, lines)
        else:
            yield Value(path, default, description)


def _comment_above(line: int, lines: list[str]) -> str:
    comment: list[str] = []
    while line > 0 and lines[line - 1].lstrip().startswith("#"):
        line -= 1
        comment.insert(0, lines[line].lstrip(" #"))
    return " ".join(comment)


def main() -> None:
    """Writes the table into the page."""
    above, _, _ = PAGE.read_text().partition(MARK)
    PAGE.write_text(f"{above}{MARK}\n{table()}")


if __name__ == "__main__":
    main()
