"""Disjoint sets of names, joined directly or through other names (union-find)."""

from collections.abc import Iterable


class DisjointSets:
    """Sets of names, each name in a set of its own until it is joined with others."""

    def __init__(self) -> None:
        self._parents: dict[str, str] = {}

    def join(self, names: Iterable[str]) -> None:
        """Joins the sets of these names into one."""
        leaders = {self.leader(name) for name in names}
        if len(leaders) > 1:
            least = min(leaders)
            for leader in leaders:
                self._parents[leader] = least

    def leader(self, name: str) -> str:
        """Returns the least name in the set of a name."""
        while (parent := self._parents.get(name, name)) != name:
            self._parents[name] = self._parents.get(parent, parent)
            name = parent
        return name
