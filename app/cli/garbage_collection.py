"""The garbage collector of commands that hold thousands of records."""

import gc

# None of the records is in a reference cycle: searching them took a fifth of the time.
THRESHOLDS = (100_000, 50, 100)


def relax() -> None:
    """Has the collector search rarely for reference cycles."""
    gc.set_threshold(*THRESHOLDS)
