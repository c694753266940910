"""The parameters of statements."""

from app.graph.bolt.client import Row


class Rows(list[Row]):
    """The rows of a batch, as a parameter.

    The driver formats the parameters of each call for its debug log, whether or not it logs them.
    For a batch, this took as long as packing it.
    """

    __slots__ = ()

    def __repr__(self) -> str:
        return f"<{len(self)} rows>"
