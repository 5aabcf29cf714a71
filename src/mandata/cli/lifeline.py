"""Children that do not outlive their supervisor, not even one that was killed with -9 (PR_SET_PDEATHSIG, prctl(2))."""

import ctypes
import os
import signal
import sys

SUPERVISOR = "MANDATA_SUPERVISOR"
_PR_SET_PDEATHSIG = 1


def tie() -> None:
    """Ask the kernel for SIGTERM when the supervisor named in the environment dies; nothing where there is none.

    Call it from the main thread, first thing. A supervisor that has died before the call is noticed by the number of
    the parent, which is then another one.
    """
    supervisor = os.environ.pop(SUPERVISOR, "")
    if supervisor:
        follow(int(supervisor))


def follow(parent: int) -> None:
    """Die (politely, by SIGTERM) with the process `parent`, which must be this one's parent."""
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    if os.getppid() != parent:
        sys.exit(1)
