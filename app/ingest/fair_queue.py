"""The fair queue: what waits is served in turns between flows, however much one of them sends."""

import heapq
import itertools
from typing import Generic, TypeVar

T = TypeVar("T")


class FairQueue(Generic[T]):
    """A queue in which flows that wait share the service alike, by the cost of what they send.

    Start-time fair queueing (Goyal, Vin and Cheng, SIGCOMM 1996): an item of a flow starts, in
    virtual time, when the one before it has been served, and the item that starts first is next.
    The items of one flow keep their order. A flow that sends little is served next, whatever waits.
    """

    def __init__(self) -> None:
        self._heap: list[tuple[int, int, str, T]] = []
        self._ends: dict[str, int] = {}  # in virtual time, of the last item of each flow
        self._now = 0
        self._numbers = itertools.count()

    def __len__(self) -> int:
        return len(self._heap)

    def push(self, flow: str, cost: int, item: T) -> None:
        """Appends an item of a flow."""
        start = max(self._now, self._ends.get(flow, 0))
        self._ends[flow] = start + cost
        heapq.heappush(self._heap, (start, next(self._numbers), flow, item))

    def first(self) -> T:
        """The item that is next. Raises IndexError if there is none."""
        return self._heap[0][-1]

    def pop(self) -> T:
        """Takes the item that is next. Raises IndexError if there is none."""
        self._now, _, _, item = heapq.heappop(self._heap)
        if not self._heap:
            # Nothing waits, so no flow is ahead of another.
            self._ends.clear()
        return item

    def clear(self) -> list[T]:
        """Takes all items."""
        items = [item for *_, item in self._heap]
        self._heap.clear()
        self._ends.clear()
        return items
