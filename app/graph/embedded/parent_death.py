"""A tether: a program that ends when the process that started it does.

Run as a script, ``tether.py PARENT PROGRAM ARGUMENT...``, it ties itself to the process PARENT
and becomes PROGRAM. On Linux the kernel sends SIGTERM when the thread that started it ends; for
other systems the next start ends what is left.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def main() -> None:
    """Becomes the program that the arguments name, unless the parent has already gone."""
    parent, program = int(sys.argv[1]), sys.argv[2:]
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:
        sys.exit("the process that started this one is gone")
    os.execv(program[0], program)  # noqa: S606 - the arguments are our own


if __name__ == "__main__":
    main()
