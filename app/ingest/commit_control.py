"""Commit control: the size limit of commits, and the measured commit rate."""

import statistics
from collections import deque

MAX_COMMIT_ROWS = 500
MIN_COMMIT_ROWS = 32
TARGET_COMMIT_SECONDS = 0.2
STEP_ROWS = 50
SAMPLES = 16


class CommitLimit:
    """The number of rows of a commit that takes about `TARGET_COMMIT_SECONDS`.

    Additive increase, multiplicative decrease (Chiu and Jain, 1989). The time of a commit is the
    signal of congestion: a full commit within the target raises the limit by a step, a slower one
    halves it. The limit starts low and doubles until the first slow commit, as in TCP (RFC 5681,
    slow start).
    """

    def __init__(self) -> None:
        self.rows = MIN_COMMIT_ROWS
        self._is_starting = True
        self._lowered_at = 0.0

    def observe(self, rows: int, began: float, ended: float) -> None:
        """Adjusts the limit by the rows of a commit and its times, in seconds of one clock."""
        # A request with more rows is not split: the time is scaled to the rows of the limit.
        seconds = (ended - began) * min(1.0, self.rows / rows)
        if seconds > TARGET_COMMIT_SECONDS:
            # A commit that began before the limit was lowered does not measure the lower limit.
            if began >= self._lowered_at:
                self.rows = max(MIN_COMMIT_ROWS, self.rows // 2)
                self._lowered_at = ended
            self._is_starting = False
        elif rows >= self.rows:
            raised = self.rows * 2 if self._is_starting else self.rows + STEP_ROWS
            self.rows = min(MAX_COMMIT_ROWS, raised)

    def with_running(self, running: int) -> int:
        """Returns the row limit of a commit that begins while others with `running` rows run."""
        if not running:
            return self.rows
        return min(self.rows, max(MIN_COMMIT_ROWS, 2 * self.rows - running))


class CommitRate:
    """The time to commit a row when commits are full: the median of the last commits.

    A few commits that a pause of Neo4j delays do not change the median.
    """

    def __init__(self) -> None:
        self._samples: deque[float] = deque(maxlen=SAMPLES)

    def observe(self, rows: int, seconds: float, commits: int) -> None:
        """Adds a sample: a commit of `rows`, in `seconds`, one of `commits` at the same time."""
        self._samples.append(seconds / rows / commits)

    @property
    def seconds_per_row(self) -> float:
        """Seconds per row; 0 until enough commits were measured."""
        if len(self._samples) < SAMPLES // 2:
            return 0.0
        return statistics.median(self._samples)
