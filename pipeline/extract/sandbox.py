"""Runs readers in worker processes that can be killed, one file at a time each.

A worker is replaced after any anomaly, and after 50 files so that no state carries over for long.
Which of the two backends starts the workers makes no difference to what is read: see `backend`.
"""

from __future__ import annotations

import os
import queue
import threading
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from pipeline.extract import specimen
from pipeline.extract.answers import Answer, EnvironmentBroken
from pipeline.extract.backend import FILES_PER_WORKER, START_LIMIT, Backend, StartFailed, Worker
from pipeline.extract.jobs import Follow, Job, Line
from pipeline.records import Extraction, Skipped

__all__ = ["Follow", "Job", "SandboxBroken", "read_all"]

START_TRIES = 10  # a start that fails once may be the machine's; ten in a row are the set-up's
START_PAUSE = 0.1  # seconds before the second try, twice as many before the third, and so on
PAGE_LIMITS = 3
"""Time limits of a file that one page to recognise may take: 11 s of computing for a dense one, and
as many pages at once as there are workers, took over 30 s on a busy machine."""
RETRIED = frozenset({"CRASH", "OOM"})
"""What a neighbour in the same worker or on the same machine may have caused: tried once more alone.
TIMEOUT and what a reader says of the file are final."""
DISTURBED = RETRIED | {"LIMIT_DEPTH"}
"""After these a worker reads nothing any more: its stack or memory was exhausted."""
END_LIMIT = 5.0  # seconds for the threads to notice the end, once their workers are dead
SETTING = "HUABU_SANDBOX"
"""Environment variable: `portable` forces the backend of Windows."""


class SandboxBroken(Exception):
    """Workers cannot start or cannot read: the environment is broken, not the inputs."""


class _Starts:
    """Starts workers for all seats; so many failures in a row, whoever's they were, end the run."""

    def __init__(self, backend: Backend) -> None:
        self.backend = backend
        self.stopped = threading.Event()
        self._failures = 0
        self._lock = threading.Lock()

    def worker(self, *, recognises: bool) -> Worker:
        while True:
            try:
                started = self.backend.start(recognises=recognises)
            except StartFailed as error:
                with self._lock:
                    self._failures += 1
                    failures = self._failures
                if failures >= START_TRIES or self.stopped.wait(failures * START_PAUSE):
                    raise SandboxBroken(
                        f"读取进程连续 {failures} 次没能启动, 请检查内存和安装 (make setup) "
                        f"readers did not start {failures} times in a row; check memory and installation"
                    ) from error
            else:
                with self._lock:
                    self._failures = 0
                return started


@dataclass(slots=True)
class _Seat:
    """The place of one worker: filled when first needed, filled anew after an anomaly."""

    starts: _Starts
    worker: Worker | None = field(default=None)

    def ask(self, job: Job, time_limit: float) -> Answer:
        """The answer to a job; CRASH and OOM are asked a second time, of a worker for it alone."""
        limit = time_limit * (PAGE_LIMITS if job.page else 1)
        alone = not job.page and len(job.data) > self.starts.backend.shared_size
        if alone:
            self.leave()
        answer = self._seated(recognises=job.page > 0).ask(job, limit)
        reason = answer.reason if isinstance(answer, Skipped) else ""
        if alone or reason in DISTURBED:
            self.leave()
        if reason in RETRIED:
            answer = self._seated(recognises=job.page > 0).ask(job, limit)
            self.leave()
        return answer

    def prove(self) -> None:
        """Read the documents that can be read anywhere. Raises SandboxBroken."""
        for extension, data in specimen.specimens():
            answer = self.ask(Job("", data, extension), START_LIMIT)
            text = "".join(p.text for p in answer.pages) if isinstance(answer, Extraction) else ""
            if specimen.WORDS not in text:
                reason = answer.reason if isinstance(answer, Skipped) else "CORRUPT"
                raise SandboxBroken(
                    f"读不了自带的 {extension} 样本 ({reason}), 请重新安装 (make setup) "
                    f"cannot read the built-in {extension} document ({reason}); install again"
                )

    def _seated(self, *, recognises: bool) -> Worker:
        worker = self.worker
        if worker and worker.recognises == recognises and worker.served < FILES_PER_WORKER and worker.alive():
            return worker
        self.leave()
        self.worker = self.starts.worker(recognises=recognises)
        return self.worker

    def leave(self) -> None:
        if self.worker:
            self.worker.close()
        self.worker = None


class _Run:
    """The threads of one run: one feeds the line, one sits at each seat."""

    def __init__(self, jobs: Iterable[Job], seats: int, time_limit: float) -> None:
        self.jobs = jobs
        self.time_limit = time_limit
        self.line = Line(seats * 2)
        self.starts = _Starts(_backend())
        self.done: queue.Queue[tuple[Job, Answer] | BaseException | None] = queue.Queue()
        self.rest = [threading.Thread(target=self._serve, daemon=True) for _ in range(seats - 1)]
        self.first = threading.Thread(target=self._prove_and_serve, daemon=True)

    def start(self) -> None:
        threading.Thread(target=self._feed, daemon=True).start()
        self.first.start()

    def stop(self) -> None:
        """End at once, whatever is being read: every worker is killed."""
        self.line.end(now=True)
        self.starts.stopped.set()
        self.starts.backend.close()
        deadline = time.monotonic() + END_LIMIT
        for thread in (self.first, *self.rest):  # the first starts the rest, or never
            if thread.ident is not None:
                thread.join(max(0.0, deadline - time.monotonic()))

    def _feed(self) -> None:
        try:
            self.line.feed(self.jobs)
        except BaseException as error:
            self.done.put(error)
        finally:
            self.line.end(now=False)

    def _prove_and_serve(self) -> None:
        """Whatever is read before the set-up is proven would be blamed for it: the others wait."""
        seat = _Seat(self.starts)
        try:
            seat.prove()
        except EnvironmentBroken:
            self.done.put(SandboxBroken(_missing("a reader's library")))
        except BaseException as error:
            self.done.put(error)
        else:
            for thread in self.rest:
                thread.start()
            self._serve(seat)
            return
        seat.leave()

    def _serve(self, seat: _Seat | None = None) -> None:
        seat = seat or _Seat(self.starts)
        job: Job | None = None
        try:
            while (job := self.line.take()) is not None:
                self.done.put((job, seat.ask(job, self.time_limit)))
        except EnvironmentBroken:
            what = "rapidocr (huabu[ocr])" if job and job.page else "a reader's library"
            self.done.put(SandboxBroken(_missing(what)))
        except BaseException as error:
            self.done.put(error)
        finally:
            seat.leave()
            self.done.put(None)


def _missing(what: str) -> str:
    return f"缺少读取文件的库, 请重新安装 (make setup): {what} cannot be imported; install again"


def _backend() -> Backend:
    """What starts the workers here. Raises SandboxBroken for a setting that is none."""
    wanted = os.environ.get(SETTING, "")
    if wanted not in ("", "portable"):
        raise SandboxBroken(f"{SETTING}={wanted!r}: 只能是 portable 或空 can only be portable or empty")
    if os.name == "posix" and not wanted:
        from pipeline.extract.forked import Forked  # not on Windows: what it imports is POSIX's

        return Forked()
    from pipeline.extract.spawned import Spawned

    return Spawned()


def read_all(
    jobs: Iterable[Job], *, workers: int, time_limit: float, follow: Follow = lambda _job, _answer: ()
) -> Iterator[tuple[str, Answer]]:
    """(key, what came of it) for every job, and for every job that follows, in the order they finish.

    `workers` files are read at a time. `follow` is called in the caller's thread. When the iterator
    ends or is closed no worker is left. Raises SandboxBroken if workers cannot start or cannot read.
    """
    run = _Run(jobs, workers, time_limit)
    running = workers
    try:
        run.start()
        while running:
            item = run.done.get()
            if item is None:
                running -= 1
            elif isinstance(item, BaseException):
                raise item
            else:
                run.line.answered(follow(*item))
                yield item[0].key, item[1]
    finally:
        run.stop()
