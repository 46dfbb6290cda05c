"""What the two backends of the sandbox share: how a worker is asked, and what its end means.

A backend starts workers: `forked` (POSIX) from a warm process, `spawned` (Windows, or forced) as
fresh interpreters. Neither reads an input in this process, and nothing but bytes comes back.
"""

from __future__ import annotations

import json
import os
import signal
import struct
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from pipeline.extract.answers import MAX_ANSWER, Answer, answer_from
from pipeline.extract.jobs import Job
from pipeline.records import Skipped

FILES_PER_WORKER = 50
START_LIMIT = 60.0  # seconds for imports on a cold disk
PREPARE = ""
"""Code that an interpreter runs before it serves: none. Tests put readers that misbehave here; no
input, option or environment variable reaches it."""
ROOT = str(Path(__file__).resolve().parents[2])
STARVED = 1 << 32
"""Stands for the exit code of a worker that a library aborted when it got no more memory."""
HEAD = struct.Struct("<QQ")
"""Before each answer: bytes of its JSON, bytes of the members behind it."""


class StartFailed(Exception):
    """One worker did not start; another may."""


class AnswerTooLarge(Exception):
    """A worker announced more than this process will hold."""


class Worker(Protocol):
    """A reader, or a recogniser of scanned pages, which may take more memory."""

    recognises: bool
    served: int

    def alive(self) -> bool:
        """Whether it waits for a job; one that died or talks unasked does not."""

    def ask(self, job: Job, time_limit: float) -> Answer:
        """The worker's answer; TIMEOUT, CRASH or LIMIT_SIZE where it has none, and the worker is
        dead then. Raises EnvironmentBroken if a reader's library is missing."""

    def close(self) -> None:
        """Kill it with all it started."""


class Backend(Protocol):
    shared_size: int
    """Bytes up to which a document may share its worker with others."""

    def start(self, *, recognises: bool) -> Worker:
        """A worker that has said it is ready. Raises StartFailed."""

    def close(self) -> None:
        """Kill everything at once, from any thread; no worker starts any more."""


def program(module: str) -> str:
    """What a fresh interpreter runs: the `main` of a module beside this one."""
    return f"import sys; sys.path.insert(0, {ROOT!r})\n{PREPARE}\nfrom pipeline.extract.{module} import main\nmain()"


def environment() -> dict[str, str]:
    """The few variables that a worker needs: nothing of the user's."""
    keep = ("PATH", "SYSTEMROOT", "SYSTEMDRIVE", "TEMP", "LD_LIBRARY_PATH")
    given = {k: os.environ[k] for k in keep if k in os.environ}
    # One thread: what has more cannot be forked, and others than the first would not be there.
    threads = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"), "1")
    fork = {"OBJC_DISABLE_INITIALIZE_FORK_SAFETY": "YES"}  # macOS: its frameworks refuse to be forked
    return given | {"PYTHONHASHSEED": "0", "PYTHONUTF8": "1"} | threads | fork


def request(job: Job, time_limit: float) -> Sequence[bytes]:
    """A job as a worker reads it: an order in JSON and the bytes of the file, each after its length."""
    order = {"extension": job.extension, "page": job.page, "drawn": job.drawn, "time_limit": time_limit}
    head = json.dumps(order).encode()
    return struct.pack("<Q", len(head)), head, struct.pack("<Q", len(job.data)), job.data


def sizes(head: bytes) -> tuple[int, int]:
    """Bytes of JSON and of members that an answer announces. Raises AnswerTooLarge."""
    announced: tuple[int, int] = HEAD.unpack(head)
    if sum(announced) > MAX_ANSWER:
        raise AnswerTooLarge
    return announced


def understood(answer: tuple[bytes, bytes] | None) -> Answer | None:
    """The answer, None for what is none: as bad as silence."""
    try:
        return answer_from(*answer) if answer else None
    except ValueError:
        return None


def blame(status: int | None, *, timed_out: bool, too_large: bool) -> Skipped:
    """Why a worker gave no answer; `status` is its exit code as subprocess gives it, None if unknown."""
    if too_large:
        return Skipped("quarantined", "LIMIT_SIZE")
    if status == STARVED:
        return Skipped("quarantined", "OOM")
    if timed_out or status == -getattr(signal, "SIGXCPU", 24):
        return Skipped("quarantined", "TIMEOUT")
    return Skipped("quarantined", "CRASH")
