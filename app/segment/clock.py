"""The clocks of devices, compared with that of the service when a request arrives."""

import msgspec
from msgspec import Struct

from app.domain import timestamps
from app.domain.clock_policy import ClockPolicy
from app.domain.event_warnings import CLOCK_SKEW, EventWarning
from app.domain.timestamps import Instant
from app.ingest.events import Event

# A corrected time must be in the years that have four digits.
_FIRST, _ = timestamps.parse("0001-01-01T00:00:00Z")
_LAST, _ = timestamps.parse("9999-12-31T23:59:59Z")


class Receipt(Struct, frozen=True):
    """The time at which the service received a request, and its policy for other clocks."""

    policy: ClockPolicy
    received: Instant

    @classmethod
    def now(cls, policy: ClockPolicy) -> "Receipt":
        """The receipt of a request that arrives now."""
        return cls(policy, timestamps.now()[1])

    def skew(self, sent_at: Instant | None) -> int | None:
        """Returns the seconds by which a clock is ahead, below zero if it is behind.

        None if the clock is within the limit, or if the time of the device is unknown.
        """
        if sent_at is None:
            return None
        skew = sent_at[0] - self.received[0]
        return skew if abs(skew) > self.policy.limit else None

    def note(self, event: Event, skew: int) -> Event:
        """Returns the event of a device with such a skew, with its time corrected by the policy."""
        instant = event.instant
        if self.policy.corrects and instant and _FIRST <= instant[0] - skew <= _LAST:
            instant = (instant[0] - skew, instant[1])
        return msgspec.structs.replace(event, instant=instant, clock_skew=skew)

    def warning(self, skew: int) -> EventWarning:
        """The warning of a call of a device with such a skew."""
        direction = "ahead" if skew > 0 else "behind"
        outcome = "is corrected" if self.policy.corrects else "is as sent"
        message = f"the clock of the device is {abs(skew):,} s {direction}: occurredAt {outcome}"
        return EventWarning("sentAt", CLOCK_SKEW, message)
