"""The rows that statements return."""

from app.errors import ServiceError
from app.graph.bolt.client import Row


def first(rows: list[Row], missing: ServiceError) -> Row:
    """The first row. Raises `missing` if there is none."""
    if not rows:
        raise missing
    return rows[0]
