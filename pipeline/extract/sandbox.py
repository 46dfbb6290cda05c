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
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.records import Extraction, Mark, Page, Skipped

FILES_PER_WORKER = 50
MAX_ANSWER = 256 << 20
START_LIMIT = 60.0  # seconds for imports on a cold disk
_ROOT = str(Path(__file__).resolve().parents[2])
_PROGRAM = f"import sys; sys.path.insert(0, {_ROOT!r}); from pipeline.extract.worker import main; main()"


class SandboxBroken(Exception):
    """Workers cannot start: the environment is broken, not the inputs."""


@dataclass(frozen=True, slots=True)
class Job:
    """One file to read. `key` comes back with the answer."""

    key: str
    data: bytes
    extension: str


class _Worker:
    def __init__(self) -> None:
        keep = ("PATH", "SYSTEMROOT", "SYSTEMDRIVE", "TEMP", "LD_LIBRARY_PATH")
        environment = {k: os.environ[k] for k in keep if k in os.environ}
        environment |= {"PYTHONHASHSEED": "0", "PYTHONUTF8": "1", "OPENBLAS_NUM_THREADS": "1"}
        self.process = subprocess.Popen(
            [sys.executable, "-P", "-c", _PROGRAM],  # -P: no module of the current folder
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
            cwd=_ROOT,
            start_new_session=os.name != "nt",
        )
        self.served = 0
        if self._with_limit(START_LIMIT, self._receive) is None:
            self.kill()
            raise SandboxBroken("worker did not start")

    def ask(self, job: Job, time_limit: float) -> dict[str, Any] | str:
        """The worker's answer, or TIMEOUT, CRASH, OOM, LIMIT_SIZE."""
        head = json.dumps({"extension": job.extension, "time_limit": time_limit}).encode()
        self.timed_out = False
        self.served += 1

        def talk() -> bytes | None:
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
        if answer is not None:
            return json.loads(answer)  # type: ignore[no-any-return]
        if self.timed_out:
            return "TIMEOUT"
        self.kill()
        code = self.process.returncode
        if code == -getattr(signal, "SIGXCPU", 24):
            return "TIMEOUT"
        return "OOM" if code == -9 else "CRASH"

    def _with_limit(self, seconds: float, call: Any) -> bytes | None:
        timer = threading.Timer(seconds, self._expire)
        timer.daemon = True
        timer.start()
        try:
            return call()  # type: ignore[no-any-return]
        finally:
            timer.cancel()

    def _expire(self) -> None:
        self.timed_out = True
        self.kill()

    def _receive(self) -> bytes | None:
        assert self.process.stdout
        head = self.process.stdout.read(8)
        if len(head) < 8:
            return None
        size = struct.unpack("<Q", head)[0]
        if size > MAX_ANSWER:
            self.kill()
            return b'{"reason": "LIMIT_SIZE"}'
        data = self.process.stdout.read(size)
        return data if len(data) == size else None

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


def read_all(
    jobs: Iterable[Job], *, workers: int, time_limit: float
) -> Iterator[tuple[str, Extraction | Skipped]]:
    """(key, what came of it) for every job, in the order they finish.

    TIMEOUT and CORRUPT are final; CRASH and OOM get one retry in a fresh worker.
    Raises SandboxBroken if workers cannot start.
    """
    todo: queue.Queue[Job | None] = queue.Queue(maxsize=workers * 2)
    done: queue.Queue[tuple[str, Extraction | Skipped] | BaseException | None] = queue.Queue()
    stop = threading.Event()

    def feed() -> None:
        try:
            for job in jobs:
                if stop.is_set():
                    break
                todo.put(job)
        except BaseException as error:
            done.put(error)
        finally:
            for _ in range(workers):
                todo.put(None)

    def serve() -> None:
        worker: _Worker | None = None
        try:
            while (job := todo.get()) is not None:
                if stop.is_set():
                    continue
                answer: dict[str, Any] | str = "CRASH"
                for _attempt in range(2):
                    if (
                        worker is None
                        or worker.served >= FILES_PER_WORKER
                        or worker.process.poll() is not None
                    ):
                        if worker:
                            worker.close()
                        worker = _Worker()
                    answer = worker.ask(job, time_limit)
                    if answer not in ("CRASH", "OOM"):
                        break
                    worker.close()
                    worker = None
                done.put((job.key, _unpack(answer)))
        except BaseException as error:
            done.put(error)
            while todo.get() is not None:
                pass
        finally:
            if worker:
                worker.close()
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
                yield item
    finally:
        stop.set()
        while not todo.empty():  # let the feeder past a full queue
            with contextlib.suppress(queue.Empty):
                todo.get_nowait()
        for _ in range(workers):
            with contextlib.suppress(queue.Full):
                todo.put_nowait(None)


def _unpack(answer: dict[str, Any] | str) -> Extraction | Skipped:
    if isinstance(answer, str):
        return Skipped("quarantined", answer)
    if "broken" in answer:
        raise SandboxBroken("a reader's library cannot be imported")
    if "reason" in answer:
        return Skipped("quarantined", answer["reason"])
    return extraction_from(answer["extraction"])


def extraction_from(value: dict[str, Any]) -> Extraction:
    """An Extraction back from its JSON form (of a worker or of the cache)."""
    return Extraction(
        type=value["type"],
        extractor=value["extractor"],
        warnings=tuple(value["warnings"]),
        pages=tuple(
            Page(**{**p, "marks": tuple(Mark(**m) for m in p["marks"])}) for p in value["pages"]
        ),
    )
