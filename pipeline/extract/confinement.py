"""Limits of the system on a process that reads inputs, where the system has them.

Linux has all of them; macOS has no limit on address space, no network of a process's own and no
death with the parent; Windows has none: what remains there is the hard kill at the time limit.
"""

from __future__ import annotations

import contextlib
import os
import sys
from typing import Any

MEMORY_LIMIT = 2 << 30
RECOGNISER_MEMORY = 4 << 30  # address space; at 6 million pixels a page takes 1 GB, and its arenas
RECURSION_LIMIT = 800
_NEW_NETWORK, _NEW_USER = 0x40000000, 0x10000000  # CLONE_NEWNET, CLONE_NEWUSER
_PARENT_DEATH, _SUBREAPER, _NO_NEW_PRIVILEGES = 1, 36, 38  # PR_SET_...
_SIGKILL = 9


def silence() -> None:
    """Nothing to read from the standard streams, and what a library prints goes nowhere."""
    null = os.open(os.devnull, os.O_RDWR)
    for stream in range(3):
        os.dup2(null, stream)
    os.close(null)


def isolate() -> None:
    """The limits that are the same for every worker; the children of a process inherit them."""
    sys.setrecursionlimit(RECURSION_LIMIT)
    for name, limit in (("RLIMIT_CORE", 0), ("RLIMIT_FSIZE", 0), ("RLIMIT_NOFILE", 64)):
        _limit(name, limit)
    if libc := _libc():
        # A network of its own without a way out, where the system lets a process make one.
        if libc.unshare(_NEW_NETWORK):
            libc.unshare(_NEW_USER | _NEW_NETWORK)
        libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0)


def limit_memory(*, recognises: bool) -> None:
    _limit("RLIMIT_AS", RECOGNISER_MEMORY if recognises else MEMORY_LIMIT)


def limit_cpu(time_limit: int) -> None:
    """Twice the seconds of the time limit and 5, from now on; past them the system ends the process."""
    try:
        import resource
    except ImportError:
        return
    used = resource.getrusage(resource.RUSAGE_SELF)
    soft = int(used.ru_utime + used.ru_stime) + 2 * time_limit + 5
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_CPU, (soft, resource.RLIM_INFINITY))


def die_with_parent() -> None:
    """End when the process (on Linux: the thread) that started this one does. After `isolate`: a
    change of user takes it back."""
    if libc := _libc():
        libc.prctl(_PARENT_DEATH, _SIGKILL)


def adopt_orphans() -> None:
    """Become the parent of what a dead child leaves behind, so that it can be ended too."""
    if libc := _libc():
        libc.prctl(_SUBREAPER, 1, 0, 0, 0)


def _libc() -> Any:
    if sys.platform != "linux":
        return None
    import ctypes

    return ctypes.CDLL(None)


def _limit(name: str, limit: int) -> None:
    try:
        import resource
    except ImportError:  # Windows
        return
    with contextlib.suppress(AttributeError, ValueError, OSError):  # macOS: none on address space
        resource.setrlimit(getattr(resource, name), (limit, limit))
