"""The plan of a statement, as the driver returns it: its operators, and its cost."""

from collections.abc import Iterator
from typing import Any


def operators(node: dict[str, Any], above: tuple[str, ...] = ()) -> Iterator[tuple[list[str], str]]:
    """The operators of a plan, twice each: by its name alone, and with its details.

    Before each is the path of the names that lead to it, its own the last.
    """
    name = node["operatorType"].partition("@")[0]
    path = (*above, name)
    yield list(path), name
    yield list(path), f"{name} {node['args'].get('Details', '')}"
    for child in node.get("children", []):
        yield from operators(child, path)


def database_hits(node: dict[str, Any]) -> int:
    """How many database hits a profiled plan took."""
    return node["args"].get("DbHits", 0) + sum(map(database_hits, node.get("children", [])))
