"""The time until the next attempt to deliver a message."""

import random

FIRST_DELAY_SECONDS = 5.0
MAX_DELAY_SECONDS = 900.0
MAX_RETRY_AFTER_SECONDS = 3600.0  # a longer Retry-After counts as this


def delay(failures: int, retry_after: float | None = None, jitter: float | None = None) -> float:
    """The seconds until the next attempt, after a number of failed ones, of at least 1.

    The delay doubles with each failure, up to a maximum. `jitter` is from 0 to 1, by default
    random: up to half of the delay is left out. The receiver may ask for more by `retry_after`.
    """
    doubled = FIRST_DELAY_SECONDS * 2.0 ** min(failures - 1, 32)
    longest = min(doubled, MAX_DELAY_SECONDS)
    left_out = random.random() if jitter is None else jitter  # noqa: S311 - no secret
    own = longest * (1 - left_out / 2)
    return max(own, min(retry_after or 0.0, MAX_RETRY_AFTER_SECONDS))
