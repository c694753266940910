"""Tables of the docs: their rows and the code in their cells."""

import itertools
import re


def table(text: str, head: str) -> list[list[str]]:
    """The rows of the first table whose first column has this head, a list of cells each."""
    _, _, rest = text.partition(f"\n| {head} |")
    lines = itertools.takewhile(lambda line: line.startswith("|"), rest.splitlines()[2:])
    # A pipe in a cell has a backslash before it.
    return [
        [cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", line.strip("|"))]
        for line in lines
    ]


def code(cell: str) -> list[str]:
    """The texts in backticks in a cell."""
    return re.findall(r"`([^`]+)`", cell)
