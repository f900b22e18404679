"""Who goes before whom: the priority of a child and all its threads, at processor and disk, given by who started it.

From outside, so that a child is raised by the call that lowered it. Each child is a session of its own, and Linux
shares the processor out between sessions first, unless services have shares of their own (`sched_autogroup_enabled`,
sched(7)): a niceness counts within the session only. So the group of what gives way to everybody is lowered too. What
was lowered is raised again as far as the kernel lets us: the group and the disk always, processes with CAP_SYS_NICE or
a limit that allows it (RLIMIT_NICE, setpriority(2)). Never raises OSError: a priority is a wish.
"""

import ctypes
import os
import platform
import time
from contextlib import suppress
from pathlib import Path

_IOPRIO_SET = {"x86_64": 251, "aarch64": 30}
"""The number of the call by processor."""
_GROUP, _NICEST = 2, 19
_NONE, _IDLE = 0, 3 << 13
"""A class at the disk that follows the niceness, and one that goes after every other."""
_TRIES, _PAUSE_S = 20, 0.05
"""Unless one is root the kernel changes ten groups a second in all."""


def rank_session(leader: int, nice: int, *, idle: bool) -> list[str]:
    """Give the session of a child its place, so much nicer than ourselves; what the kernel let us set, for the log.

    `idle`: it works only when nobody else does, at the disk and among sessions too.
    """
    _disk(leader, _IDLE if idle else _NONE)
    done = ["group"] if _regroup(leader, _NICEST if idle else 0) else []
    nice = min(_NICEST, os.getpriority(os.PRIO_PROCESS, 0) + nice)
    with suppress(OSError):
        os.setpriority(os.PRIO_PGRP, leader, nice)
        done.append("processes")
    return done


def _disk(leader: int, rank: int) -> None:
    if platform.machine() in _IOPRIO_SET:  # elsewhere the kernel derives it from the niceness
        ctypes.CDLL(None).syscall(_IOPRIO_SET[platform.machine()], _GROUP, leader, rank)


def _regroup(leader: int, nice: int) -> bool:
    """False where the kernel has no such groups, or lets us change none."""
    group = Path(f"/proc/{leader}/autogroup")
    for _ in range(_TRIES):
        try:
            if not group.read_text(encoding="ascii").endswith(f" {nice}\n"):
                group.write_text(str(nice), encoding="ascii")
        except (BlockingIOError, PermissionError):  # the latter while the process becomes another program, too
            time.sleep(_PAUSE_S)
        except OSError:
            return False
        else:
            return True
    return False
