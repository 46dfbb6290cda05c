"""The portable backend: each worker is a fresh interpreter on two pipes, 1 to 3 s to start.

For Windows, and for tests elsewhere. Weaker than the other where a reader is taken over: what it
starts outlives a kill on Windows, and a worker is shared by up to 50 documents of any size.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from typing import BinaryIO

from pipeline.extract import backend
from pipeline.extract.answers import Answer
from pipeline.extract.jobs import Job


class Spawned:
    shared_size = sys.maxsize

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._living: set[_Worker] = set()
        self._closed = False

    def start(self, *, recognises: bool) -> backend.Worker:
        with self._lock:  # not between its start and its place in the list: `close` must find it
            if self._closed:
                raise backend.StartFailed
            try:
                worker = _Worker(self._leave, recognises=recognises)
            except OSError as error:
                raise backend.StartFailed from error
            self._living.add(worker)
        if not worker.greeted():
            worker.close()
            raise backend.StartFailed
        return worker

    def _leave(self, worker: _Worker) -> None:
        with self._lock:
            self._living.discard(worker)

    def close(self) -> None:
        with self._lock:
            self._closed = True
            living = tuple(self._living)
        for worker in living:
            worker.kill()


class _Worker:
    def __init__(self, leave: Callable[[_Worker], None], *, recognises: bool) -> None:
        self.recognises = recognises
        self.served = 0
        self._leave = leave
        self._process = subprocess.Popen(
            # -P: no module of the current folder
            [sys.executable, "-P", "-c", backend.program("worker"), *["recognise"] * recognises],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=backend.environment(),
            cwd=backend.ROOT,
            start_new_session=os.name != "nt",
        )
        assert self._process.stdin
        assert self._process.stdout
        self._requests: BinaryIO = self._process.stdin  # type: ignore[assignment]
        self._answers: BinaryIO = self._process.stdout  # type: ignore[assignment]
        self.pid = self._process.pid
        self._timed_out = self._too_large = False
        self._ending = threading.Lock()
        self._ended = False

    def greeted(self) -> bool:
        return self._with_limit(backend.START_LIMIT, self._answer) is not None

    def alive(self) -> bool:
        return self._process.poll() is None

    def ask(self, job: Job, time_limit: float) -> Answer:
        self.served += 1

        def talk() -> tuple[bytes, bytes] | None:
            for part in backend.request(job, time_limit):
                self._requests.write(part)
            self._requests.flush()
            return self._answer()

        answer = self._with_limit(time_limit, talk)
        understood = backend.understood(answer)
        if understood is not None and not self._timed_out:
            return understood
        self.close()
        return backend.blame(self._process.returncode, timed_out=self._timed_out, too_large=self._too_large)

    def _with_limit(
        self, seconds: float, talk: Callable[[], tuple[bytes, bytes] | None]
    ) -> tuple[bytes, bytes] | None:
        """What comes of it, None if the worker ends before it is complete. A pipe has no deadline on
        Windows: a timer kills the worker, which closes it."""
        self._timed_out = self._too_large = False
        timer = threading.Timer(seconds, self._expire)
        timer.daemon = True
        timer.start()
        try:
            return talk()
        except backend.AnswerTooLarge:
            self._too_large = True
            return None
        except (OSError, ValueError):  # ValueError: the pipe was closed
            return None
        finally:
            timer.cancel()

    def _expire(self) -> None:
        self._timed_out = True
        self.kill()

    def _answer(self) -> tuple[bytes, bytes] | None:
        """JSON and the bytes behind it, None if the worker ends before they are complete."""
        lengths = self._answers.read(backend.HEAD.size)
        if len(lengths) < backend.HEAD.size:
            return None
        sizes = backend.sizes(lengths)
        head, body = (self._answers.read(size) for size in sizes)
        return (head, body) if (len(head), len(body)) == sizes else None

    def kill(self) -> None:
        """With its group, also if it is dead itself; once, since later its id may be another's."""
        with self._ending:
            if self._ended:
                return
            self._ended = True
            with contextlib.suppress(OSError):
                if os.name == "nt":
                    self._process.kill()
                else:
                    os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()

    def close(self) -> None:
        self.kill()
        for pipe in (self._requests, self._answers):
            with contextlib.suppress(OSError):
                pipe.close()
        self._leave(self)
