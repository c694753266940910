"""The worker that delivers the entries of the audit log as webhooks, in the background."""

from collections.abc import Callable
from contextlib import aclosing
from pathlib import Path

import structlog

from app.graph.graph import Graph
from app.graph.periodic import repeat
from app.observability.metrics import Metrics
from app.webhooks import backoff, messages
from app.webhooks.delivery_state import DeliveryState, Turn
from app.webhooks.feed import Feed, FeedEntry
from app.webhooks.messages import Message
from app.webhooks.receiver import Attempt, WebhookReceiver
from app.webhooks.secret_file import WebhookSecretFile

WATCH_INTERVAL_SECONDS = 5.0

log = structlog.get_logger()


class WebhookWorker:
    """Delivers each entry in the order of the audit log, at least once, until it is cancelled.

    Every process has one. One of them delivers; if that ends, another one takes over. A failed
    entry holds up the later ones. `delay` gives the seconds until the next attempt, from the number
    of failed ones and the receiver's Retry-After. An entry of a type that the receiver does not get
    is passed over.
    """

    def __init__(
        self,
        state: DeliveryState,
        feed: Feed,
        receiver: WebhookReceiver,
        metrics: Metrics | None = None,
        delay: Callable[[int, float | None], float] = backoff.delay,
    ) -> None:
        self._state = state
        self._feed = feed
        self._receiver = receiver
        self._metrics = (metrics or Metrics()).webhooks
        self._delay = delay
        self._failures = 0

    async def watch(self, interval: float = WATCH_INTERVAL_SECONDS) -> None:
        """Delivers new entries every `interval` seconds."""
        try:
            await repeat(self.deliver, interval, lambda: log.exception("webhook_worker_failed"))
        finally:
            await self.stop()

    async def deliver(self) -> None:
        """Delivers all entries, unless another process does or an attempt fails.

        Raises Unavailable.
        """
        turn = await self._state.begin()
        if turn is None:
            self._metrics.set_lag(0)  # another process reports it
            return
        self._failures = turn.failures
        if not self._may_attempt(turn):
            waiting = await self._feed.read(turn.position, 1)
            self._metrics.set_lag(waiting[0].age if waiting else 0)
            return
        async with aclosing(self._feed.follow(turn.position)) as entries:
            async for entry in entries:
                if not await self._handle(entry):
                    return
        await self._state.save()
        self._metrics.set_lag(0)

    async def stop(self) -> None:
        """Lets another process deliver."""
        await self._state.end()
        await self._receiver.close()

    def _may_attempt(self, turn: Turn) -> bool:
        # After 410 Gone, only another URL or an operator resumes.
        return turn.is_due if turn.gone is None else turn.gone != self._receiver.digest

    async def _handle(self, waiting: FeedEntry) -> bool:
        """Delivers an entry or passes it over. Returns whether the next one may follow."""
        if messages.entry_type(waiting.entry) not in self._receiver.types:
            return await self._state.advance(waiting.position, is_delivered=False)
        self._metrics.set_lag(waiting.age)
        message = messages.entry_message(waiting.entry)
        attempt = await self._receiver.send(message)
        self._metrics.count_attempt(is_delivered=attempt.error is None)
        if attempt.error is not None:
            await self._fail(message, attempt, attempt.error)
            return False
        is_next = await self._state.advance(waiting.position, is_delivered=True)
        if self._failures:
            log.info("webhook_delivery_recovered", message=message.id, failures=self._failures)
            self._failures = 0
        return is_next

    async def _fail(self, message: Message, attempt: Attempt, error: str) -> None:
        self._failures += 1
        seconds = self._delay(self._failures, attempt.retry_after)
        gone = self._receiver.digest if attempt.is_gone else None
        await self._state.fail(self._failures, seconds, error, gone)
        if gone:
            log.error("webhook_receiver_gone", message=message.id)
            return
        log.warning(
            "webhook_delivery_failed",
            message=message.id,
            failures=self._failures,
            error=error,
            retry_seconds=round(seconds, 3),
        )


def create(
    url: str, secret_file: str, types: frozenset[str], graph: Graph, metrics: Metrics
) -> WebhookWorker:
    """The worker of a process. Raises OSError or ValueError if the file has no secrets."""
    receiver = WebhookReceiver(url, WebhookSecretFile(Path(secret_file)), types=types)
    return WebhookWorker(DeliveryState(graph), Feed(graph), receiver, metrics)
