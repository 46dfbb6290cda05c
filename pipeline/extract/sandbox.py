"""Runs readers in worker processes that can be killed, one file at a time each.

A worker is a fresh interpreter on two pipes. It is killed with its process group past the time
limit and replaced after any anomaly, and after 50 files so that no state carries over for long.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import signal
import struct
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.extract.answers import Answer, EnvironmentBroken, answer_from
from pipeline.records import Skipped

FILES_PER_WORKER = 50
MAX_ANSWER = 256 << 20
START_LIMIT = 60.0  # seconds for imports on a cold disk
START_TRIES = 3  # a start that fails once may be the machine's, one that fails always is the set-up
PAGE_LIMITS = 3
"""Time limits of a file that one page to recognise may take: 11 s of computing for a dense one, and
as many pages at once as there are workers, took over 30 s on a busy machine."""
_ROOT = str(Path(__file__).resolve().parents[2])
_PROGRAM = f"import sys; sys.path.insert(0, {_ROOT!r}); from pipeline.extract.worker import main; main()"


class SandboxBroken(Exception):
    """Workers cannot start: the environment is broken, not the inputs."""


@dataclass(frozen=True, slots=True)
class Job:
    """One file to read, or one page of it to recognise. `key` comes back with the answer."""

    key: str
    data: bytes
    extension: str
    page: int = 0


Follow = Callable[[Job, Answer], Iterable[Job]]
"""What is still to be read because of an answer, such as the members of an archive."""


class _Line:
    """Jobs that wait for a worker: a few read ahead from the input and, before them, those that
    follow from an answer. Its end is known only when no answer is awaited any more."""

    def __init__(self, ahead: int) -> None:
        self.ahead = ahead
        self.waiting: deque[Job] = deque()
        self.following: deque[Job] = deque()
        self.awaited = 0
        self.fed = False
        self.stopped = False
        self.changed = threading.Condition()

    def feed(self, jobs: Iterable[Job]) -> None:
        """Take jobs in as there is room, until they or the run end."""
        for job in jobs:
            with self.changed:
                self.changed.wait_for(lambda: self.stopped or len(self.waiting) < self.ahead)
                if self.stopped:
                    return
                self.waiting.append(job)
                self.changed.notify_all()

    def take(self) -> Job | None:
        """The next job, None at the end."""
        with self.changed:
            self.changed.wait_for(
                lambda: self.stopped or self.following or self.waiting or (self.fed and not self.awaited)
            )
            if self.stopped or not (self.following or self.waiting):
                return None
            self.awaited += 1
            job = (self.following or self.waiting).popleft()
            self.changed.notify_all()
            return job

    def answered(self, following: Iterable[Job]) -> None:
        """An awaited answer is there, and this is what follows from it."""
        with self.changed:
            self.following.extend(following)
            self.awaited -= 1
            self.changed.notify_all()

    def end(self, *, now: bool) -> None:
        """Nothing more will be fed; with `now`, nothing of what waits is wanted any more."""
        with self.changed:
            self.fed = True
            self.stopped = self.stopped or now
            self.changed.notify_all()


class _Worker:
    """A reader, or a recogniser of scanned pages, which may take more memory."""

    def __init__(self, *, recognises: bool = False) -> None:
        self.recognises = recognises
        keep = ("PATH", "SYSTEMROOT", "SYSTEMDRIVE", "TEMP", "LD_LIBRARY_PATH")
        environment = {k: os.environ[k] for k in keep if k in os.environ}
        environment |= {"PYTHONHASHSEED": "0", "PYTHONUTF8": "1", "OPENBLAS_NUM_THREADS": "1"}
        self.process = subprocess.Popen(
            # -P: no module of the current folder
            [sys.executable, "-P", "-c", _PROGRAM, *["recognise"] * recognises],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
            cwd=_ROOT,
            start_new_session=os.name != "nt",
        )
        self.served = 0
        self.timed_out = self.too_large = False
        try:
            started = self._with_limit(START_LIMIT, self._receive)
        except BaseException:
            self.close()
            raise
        if started is None:
            self.close()
            raise SandboxBroken("worker did not start")

    def ask(self, job: Job, time_limit: float) -> Answer:
        """The worker's answer; TIMEOUT, CRASH, OOM or LIMIT_SIZE where it has none.

        Raises EnvironmentBroken if a reader's library is missing.
        """
        time_limit *= PAGE_LIMITS if job.page else 1
        order = {"extension": job.extension, "page": job.page, "time_limit": time_limit}
        head = json.dumps(order).encode()
        self.timed_out = self.too_large = False
        self.served += 1

        def talk() -> tuple[bytes, bytes] | None:
            assert self.process.stdin
            for part in (head, job.data):
                self.process.stdin.write(struct.pack("<Q", len(part)))
                self.process.stdin.write(part)
            self.process.stdin.flush()
            return self._receive()

        try:
            answer = self._with_limit(time_limit, talk)
        except OSError:
            answer = None
        if answer is not None and not self.timed_out:
            with contextlib.suppress(ValueError):  # not an answer: as bad as none
                return answer_from(*answer)
        self.kill()
        return Skipped("quarantined", self._reason())

    def _reason(self) -> str:
        """Why a worker that is dead now gave no answer."""
        code = self.process.returncode
        if self.too_large:
            return "LIMIT_SIZE"
        if self.timed_out or code == -getattr(signal, "SIGXCPU", 24):
            return "TIMEOUT"
        return "CRASH"

    def _with_limit(
        self, seconds: float, call: Callable[[], tuple[bytes, bytes] | None]
    ) -> tuple[bytes, bytes] | None:
        timer = threading.Timer(seconds, self._expire)
        timer.daemon = True
        timer.start()
        try:
            return call()
        finally:
            timer.cancel()

    def _expire(self) -> None:
        self.timed_out = True
        self.kill()

    def _receive(self) -> tuple[bytes, bytes] | None:
        """JSON and the bytes behind it, None if the worker ends before they are complete."""
        assert self.process.stdout
        lengths = self.process.stdout.read(16)
        if len(lengths) < 16:
            return None
        sizes = struct.unpack("<QQ", lengths)
        if sum(sizes) > MAX_ANSWER:
            self.too_large = True
            return None
        head, body = (self.process.stdout.read(size) for size in sizes)
        return (head, body) if (len(head), len(body)) == sizes else None

    def kill(self) -> None:
        with contextlib.suppress(OSError):
            if os.name == "nt":
                self.process.kill()
            else:
                os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def close(self) -> None:
        self.kill()
        for pipe in (self.process.stdin, self.process.stdout):
            with contextlib.suppress(OSError):
                if pipe:
                    pipe.close()


@dataclass(slots=True)
class _Seat:
    """The place of one worker: filled when first needed, filled anew after an anomaly."""

    worker: _Worker | None = field(default=None)

    def ask(self, job: Job, time_limit: float) -> Answer:
        """The answer to a job; CRASH and OOM are asked a second time, of a fresh worker."""
        for last in (False, True):
            answer = self._seated(recognises=job.page > 0).ask(job, time_limit)
            if not isinstance(answer, Skipped) or answer.reason not in ("CRASH", "OOM"):
                break
            self.leave()
            if last:
                break
        return answer

    def _seated(self, *, recognises: bool) -> _Worker:
        worker = self.worker
        if (
            worker
            and worker.recognises == recognises
            and worker.served < FILES_PER_WORKER
            and worker.process.poll() is None
        ):
            return worker
        self.leave()
        for last in (*[False] * (START_TRIES - 1), True):
            try:
                self.worker = _Worker(recognises=recognises)
                break
            except SandboxBroken:
                if last:
                    raise
        assert self.worker
        return self.worker

    def leave(self) -> None:
        if self.worker:
            self.worker.close()
        self.worker = None


def read_all(
    jobs: Iterable[Job], *, workers: int, time_limit: float, follow: Follow = lambda _job, _answer: ()
) -> Iterator[tuple[str, Answer]]:
    """(key, what came of it) for every job, and for every job that follows, in the order they finish.

    TIMEOUT and CORRUPT are final; CRASH and OOM get one retry in a fresh worker. `follow` is
    called in the caller's thread. Raises SandboxBroken if workers cannot start.
    """
    line = _Line(workers * 2)
    done: queue.Queue[tuple[Job, Answer] | BaseException | None] = queue.Queue()

    def feed() -> None:
        try:
            line.feed(jobs)
        except BaseException as error:
            done.put(error)
        finally:
            line.end(now=False)

    def serve() -> None:
        seat = _Seat()
        job: Job | None = None
        try:
            while (job := line.take()) is not None:
                done.put((job, seat.ask(job, time_limit)))
        except EnvironmentBroken:
            what = "rapidocr (huabu[ocr])" if job and job.page else "a reader's library"
            done.put(SandboxBroken(f"{what} cannot be imported"))
        except BaseException as error:
            done.put(error)
        finally:
            seat.leave()
            done.put(None)

    threads = [threading.Thread(target=f, daemon=True) for f in (feed, *[serve] * workers)]
    for thread in threads:
        thread.start()
    running = workers
    try:
        while running:
            item = done.get()
            if item is None:
                running -= 1
            elif isinstance(item, BaseException):
                raise item
            else:
                line.answered(follow(*item))
                yield item[0].key, item[1]
    finally:
        line.end(now=True)
