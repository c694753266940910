"""The stream: the records of this process and of its peers, for the readers of this process."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from typing import Protocol

import structlog

from app.activity import erased, positions
from app.activity.erased import Erased
from app.activity.history import History
from app.activity.positions import Positions
from app.activity.record import Entry
from app.activity.record_filter import RecordFilter
from app.activity.ring import Ring
from app.activity.subscription import Coverage, Subscription
from app.ingest.observer import ObservedRequest

EXPIRY_INTERVAL_SECONDS = 60.0

log = structlog.get_logger()

Sink = Callable[[list[Entry]], None]


class Relay(Protocol):
    """Passes records between processes, while one of them has a reader."""

    @property
    def coverage(self) -> Coverage:
        """The records that it brings: `process` while it does not work."""
        ...

    async def run(self, stream: "ActivityStream") -> None:
        """Serves the readers of other processes until cancelled."""

    async def watch(self) -> None:
        """Begins to bring records of other processes, the last ones before it returns."""

    async def unwatch(self) -> None:
        """Brings no more records."""

    async def forget(self, erased: Erased) -> None:
        """Has the processes that it reaches forget erased Customers. Raises any error."""


class ActivityStream:
    """Observes ingest, keeps the last records, and passes them on while there is a reader.

    A reader never delays ingest: it loses records if it is slow. Without readers, 100 records a
    second cost their JSON, and the others a number.
    """

    def __init__(self, ring: Ring, relays: Iterable[Relay] = ()) -> None:
        self._ring = ring
        self._relays = [*relays]
        self._sinks: set[Sink] = set()
        self._subscriptions: set[Subscription] = set()
        self._is_watching = False
        self._turn = asyncio.Lock()
        self._history = History()

    @property
    def source(self) -> str:
        """The ID of this process in the records."""
        return self._ring.source

    @property
    def coverage(self) -> Coverage:
        """Whether the stream has the records of all instances, of this one, or of this process."""
        found = {relay.coverage for relay in self._relays}
        return "all" if "all" in found else "instance" if "instance" in found else "process"

    def __call__(self, request: ObservedRequest) -> None:
        """Adds the records of a request."""
        if not (self._sinks or self._is_watching):
            self._ring.add_unread(request)
            return
        new = self._ring.add(request)
        for sink in self._sinks:
            sink(new)
        if self._is_watching:
            for entry in new:
                self.receive(entry)

    def receive(self, entry: Entry) -> None:
        """Takes an entry of any process, for the readers of this one."""
        missing = self._history.add(entry) if self._is_watching else None
        if missing is None:
            return  # it came by another relay before
        for subscription in self._subscriptions:
            subscription.put(entry, missing)

    def position(self, source: str) -> int:
        """Returns the number of the last entry of a process that this one has; 0 without one."""
        return self._history.positions.get(source, 0)

    @property
    def event_id(self) -> str:
        """The position after the last entry, for a reader that has taken all."""
        return positions.encode(self._history.positions)

    def add_sink(self, sink: Sink, after: int) -> list[Entry]:
        """Passes all further entries to `sink`, and returns the last ones after a number."""
        self._sinks.add(sink)
        return [*self._ring.since(after)]

    def remove_sink(self, sink: Sink) -> None:
        """Passes no more entries to `sink`."""
        if sink in self._sinks:
            self._ring.note_readers()
        self._sinks.discard(sink)

    def note_coverage(self) -> None:
        """Reports the present coverage to the readers."""
        for subscription in self._subscriptions:
            subscription.set_coverage(self.coverage)

    async def erase(self, customers: Iterable[str], names: Iterable[str]) -> None:
        """Has all processes forget Customers, and their identifiers, such as `email:jane@acme.com`.

        A process that it does not reach drops its records after ten minutes.
        """
        for message in erased.messages(customers, names):
            self.forget(message)
            for relay in self._relays:
                try:
                    await relay.forget(message)
                except Exception as error:
                    log.warning("live_erasure_incomplete", error=type(error).__name__)

    def forget(self, message: Erased) -> None:
        """Forgets erased Customers in this process."""
        self._ring.forget(message.is_in_record)
        self._history.forget(message.is_in_record)
        for subscription in self._subscriptions:
            subscription.forget(message.is_in_record)

    @asynccontextmanager
    async def subscribe(
        self, record_filter: RecordFilter, after: Positions | None = None, recent: int = 0
    ) -> AsyncIterator[Subscription]:
        """A subscription from now on, and before that the records after a position.

        Without a position, it begins with the `recent` last records.
        """
        subscription = Subscription(record_filter)
        subscription.set_coverage(self.coverage)
        self._subscriptions.add(subscription)
        try:
            async with self._turn:
                if not self._is_watching:
                    await self._watch()
            self._fill(subscription, after, recent)
            yield subscription
        finally:
            self._subscriptions.discard(subscription)
            async with self._turn:
                if not self._subscriptions and self._is_watching:
                    await self._unwatch()

    def close(self) -> None:
        """Ends all subscriptions."""
        for subscription in self._subscriptions:
            subscription.close()

    async def run(self) -> None:
        """Runs the relays until cancelled."""
        tasks = [asyncio.create_task(relay.run(self)) for relay in self._relays]
        try:
            while True:
                await asyncio.sleep(EXPIRY_INTERVAL_SECONDS)
                self._ring.expire()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _watch(self) -> None:
        self._is_watching = True
        self._history.begin(self._ring.since(0), self.source, self._ring.number)
        await asyncio.gather(*(relay.watch() for relay in self._relays))
        self._history.sort()

    async def _unwatch(self) -> None:
        self._is_watching = False
        self._ring.note_readers()
        self._history = History()
        await asyncio.gather(*(relay.unwatch() for relay in self._relays))

    def _fill(self, subscription: Subscription, after: Positions | None, recent: int) -> None:
        """Begins a subscription with entries of the history."""
        if after is not None:
            subscription.begin(*self._history.after(after))
            return
        matching = [entry for entry in self._history if subscription.matches(entry)]
        subscription.begin(matching[len(matching) - recent :] if recent else [], 0)
