"""Parent death: runs a program that ends when the process that started it ends.

Run as a script, ``parent_death.py PARENT PROGRAM ARGUMENT...``, it binds itself to the process
PARENT and becomes PROGRAM. On Linux the kernel sends SIGTERM when the thread that started it ends;
on other systems the next start of the service stops a Neo4j that remained.
"""

import contextlib
import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def main() -> None:
    """Becomes the program that the arguments name, unless the parent has ended already."""
    parent, program = int(sys.argv[1]), sys.argv[2:]
    _terminate_with_parent()
    lower_session()
    if os.getppid() != parent:
        sys.exit("the process that started this one has ended")
    os.execv(program[0], program)  # noqa: S606 - the arguments are our own


def lower_session() -> None:
    """Gives the session of this process the priority of this process, if that is low.

    On Linux, the processes of a session share the time of a group, which does not inherit the
    priority of the session that it comes from.
    """
    if (nice := os.getpriority(os.PRIO_PROCESS, 0)) > 0:
        with contextlib.suppress(OSError), open("/proc/self/autogroup", "w") as file:
            file.write(str(nice))


def _terminate_with_parent() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


if __name__ == "__main__":
    main()
