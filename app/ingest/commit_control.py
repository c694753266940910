"""Commit control: how large commits may be, and how fast rows are committed, as measured."""

import statistics
from collections import deque

MAX_COMMIT_ROWS = 500
MIN_COMMIT_ROWS = 32
TARGET_COMMIT_SECONDS = 0.2
STEP_ROWS = 50
SAMPLES = 16


class CommitLimit:
    """How many rows a commit may have, so that it takes about `TARGET_COMMIT_SECONDS`.

    Additive increase, multiplicative decrease (Chiu and Jain, 1989), with the time of a commit
    as the signal of congestion: a full commit that ends within the target raises the limit by a
    step, one that takes longer halves it. It begins low and doubles until the first that is late,
    as TCP does (RFC 5681, slow start).
    """

    def __init__(self) -> None:
        self.rows = MIN_COMMIT_ROWS
        self._is_starting = True
        self._lowered_at = 0.0

    def observe(self, rows: int, began: float, ended: float) -> None:
        """Takes the rows of a commit, and its times in seconds of one clock."""
        # A request beyond the limit is not split: what counts is the time for the limit's rows.
        seconds = (ended - began) * min(1.0, self.rows / rows)
        if seconds > TARGET_COMMIT_SECONDS:
            # What began before the limit was lowered says nothing about the lower one.
            if began >= self._lowered_at:
                self.rows = max(MIN_COMMIT_ROWS, self.rows // 2)
                self._lowered_at = ended
            self._is_starting = False
        elif rows >= self.rows:
            raised = self.rows * 2 if self._is_starting else self.rows + STEP_ROWS
            self.rows = min(MAX_COMMIT_ROWS, raised)

    def beside(self, running: int) -> int:
        """How many rows a commit may have that begins while others with `running` rows run."""
        if not running:
            return self.rows
        return min(self.rows, max(MIN_COMMIT_ROWS, 2 * self.rows - running))


class CommitRate:
    """How long a row takes to be committed when commits are full: a median of the last ones.

    The median is not moved by a few commits that a pause of the database holds up.
    """

    def __init__(self) -> None:
        self._samples: deque[float] = deque(maxlen=SAMPLES)

    def observe(self, rows: int, seconds: float, commits: int) -> None:
        """Takes a commit of `rows`, or as many as it could have had, beside `commits` in all."""
        self._samples.append(seconds / rows / commits)

    @property
    def seconds_per_row(self) -> float:
        """The seconds a row; 0 until enough commits were measured."""
        if len(self._samples) < SAMPLES // 2:
            return 0.0
        return statistics.median(self._samples)
