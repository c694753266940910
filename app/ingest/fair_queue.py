"""The fair queue: waiting flows are served in turns, independent of their load."""

import heapq
import itertools
from typing import Generic, TypeVar

T = TypeVar("T")


class FairQueue(Generic[T]):
    """A queue in which waiting flows get equal shares of the service, by the cost of their items.

    Start-time fair queueing (Goyal, Vin and Cheng, SIGCOMM 1996): the start of an item, in virtual
    time, is the end of the previous item of its flow. The item with the earliest start is next.
    The items of one flow keep their order. A flow with few items is served next.
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
        """Returns the next item. Raises IndexError if there is none."""
        return self._heap[0][-1]

    def pop(self) -> T:
        """Removes and returns the next item. Raises IndexError if there is none."""
        self._now, _, _, item = heapq.heappop(self._heap)
        if not self._heap:
            # The queue is empty, so no flow is ahead of another.
            self._ends.clear()
        return item

    def clear(self) -> list[T]:
        """Removes and returns all items."""
        items = [item for *_, item in self._heap]
        self._heap.clear()
        self._ends.clear()
        return items
