"""Processes that are forks of ours: they do one thing and end, and they end with us."""

import ctypes
import os
import signal
import sys
import traceback
from collections.abc import Callable

_PR_SET_PDEATHSIG = 1


def fork(act: Callable[[], object]) -> int:
    """The pid of a process that does this; its exit status is 1 where that raised."""
    child = os.fork()
    if child:
        return child
    try:
        if sys.platform == "linux":
            ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        act()
        os._exit(0)
    except SystemExit:
        pass  # it has told why
    except BaseException:
        traceback.print_exc()
        sys.stderr.flush()
    finally:
        os._exit(1)


def exit_status(child: int) -> int:
    """Wait for it; minus the signal where it was killed."""
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
