"""Identity conflicts: their ids, and their positions in a list."""

from msgspec import Struct


class Position(Struct, array_like=True):
    """A conflict in the list, by which its page ends."""

    strength: float
    id: str


def conflict_id(one, other):
    """The id of the conflict of two Customers."""
    return "~".join(sorted([one, other]))
