"""The priority of a process that works in the background."""

import contextlib
import os
from pathlib import Path

from app.graph.embedded import parent_death

LOWEST = 19  # a nice value


def lower() -> None:
    """Gives this process, and all that it starts, the lowest priority for processors and disks.

    If memory is short, Linux ends them first.
    """
    os.setpriority(os.PRIO_PROCESS, 0, LOWEST)
    parent_death.lower_session()
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000")
