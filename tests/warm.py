"""Runs of `huabu` that can be hurt: forked from a warm process, in a second each instead of five.

Run as a program this is the warm process: it imports everything once, and forks a run for each line on
its standard input. In the fork a fault is built in first: the run kills itself with a real signal at an
exact point, or writes into a file that may not grow.
"""

from __future__ import annotations

import contextlib
import functools
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

PATIENCE = 120  # seconds for a run of a few small documents on a busy machine
NOBODY = 65534


# --- this side: the tests ----------------------------------------------------------------------------


@dataclass
class Run:
    """A run that was started. `trace` has a line for each step: stage, path, or a process id."""

    warm: Warm
    pid: int
    folder: Path

    def end(self, seconds: float = PATIENCE) -> int:
        """Exit code, or minus the signal that ended it."""
        deadline = time.monotonic() + seconds
        while (code := self.warm.ask({"poll": self.pid})["code"]) is None:
            if time.monotonic() > deadline:
                os.kill(self.pid, signal.SIGKILL)
                raise TimeoutError(f"still running after {seconds} s:\n{self.said()}")
            time.sleep(0.02)
        return code

    def reaches(self, stage: str) -> None:
        """Wait until the trace has a line of that stage."""
        deadline = time.monotonic() + PATIENCE
        while not self.traced(stage):
            assert time.monotonic() < deadline, self.said()
            time.sleep(0.02)

    def traced(self, stage: str) -> list[str]:
        lines = (self.folder / "trace").read_text(encoding="utf-8").splitlines()
        return [rest for kind, _, rest in (line.partition(" ") for line in lines) if kind == stage]

    def said(self) -> str:
        return (self.folder / "said").read_text(encoding="utf-8", errors="replace")


@dataclass
class Warm:
    """The warm process."""

    folder: Path
    number: int = 0
    process: subprocess.Popen[str] = field(init=False)

    def __post_init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, __file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parents[1],
            env={**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
        )

    def ask(self, order: dict[str, Any]) -> dict[str, Any]:
        assert self.process.stdin
        assert self.process.stdout
        print(json.dumps(order), file=self.process.stdin, flush=True)
        return json.loads(self.process.stdout.readline())

    def start(self, *arguments: object, **fault: object) -> Run:
        """Start `huabu` with these arguments and faults; see FAULTS."""
        self.number += 1
        folder = self.folder / f"run{self.number}"
        folder.mkdir()
        (folder / "trace").touch()
        order = {"arguments": [str(a) for a in arguments], "folder": str(folder), "fault": fault}
        return Run(self, self.ask(order)["pid"], folder)

    def close(self) -> None:
        assert self.process.stdin
        self.process.stdin.close()
        self.process.wait()


# --- the other side: faults --------------------------------------------------------------------------

Trace = Callable[[str, object], None]
FAULTS: dict[str, Callable[..., None]] = {}


def fault(plant: Callable[..., None]) -> Callable[..., None]:
    FAULTS[plant.__name__] = plant
    return plant


def hit(trace: Trace, signals: list[str]) -> None:
    """End here: by SIGKILL nothing is tidied up, by others what the program does."""
    for pid in sorted(descendants(os.getpid())):
        trace("worker", pid)
    for name in signals:
        os.kill(os.getpid(), getattr(signal, name))


def descendants(pid: int) -> set[int]:
    found: set[int] = set()
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(OSError):
            for child in map(int, task.read_text().split()):
                found |= {child} | descendants(child)
    return found


@fault
def at(trace: Trace, stage: str, number: int, signals: list[str]) -> None:
    """Once so many files are through a stage (extract, tag, write)."""
    from pipeline import progress

    real = progress.shown

    @contextlib.contextmanager
    def hurt() -> Iterator[Callable[..., None]]:
        with real() as report:

            def each(now: str, done: int, total: int, path: str) -> None:
                report(now, done, total, path)
                if now == stage and done >= number:
                    hit(trace, signals)

            yield each

    progress.shown = hurt


@fault
def moving(trace: Trace, number: int) -> None:
    """While files are moved, after so many of them."""
    real, moved = os.replace, []

    def each(source: Any, target: Any) -> None:
        if "stage" in Path(source).parts:
            if len(moved) == number:
                hit(trace, ["SIGKILL"])
            moved.append(target)
        real(source, target)

    os.replace = each


@fault
def writing(trace: Trace, name: str, size: int) -> None:
    """While an output is written: the system ends the process where the file grows past `size` bytes."""
    from pipeline.report.writer import TableWriter
    from pipeline.store import Stage

    def limit() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
        grow(trace, size)

    if name.endswith((".csv", ".parquet")):
        flush, close = TableWriter._flush, TableWriter.close

        def hurt_flush(self: TableWriter) -> None:
            if self._waiting and self.csv and self.csv.name == name:
                limit()
            flush(self)

        def hurt_close(self: TableWriter) -> None:
            self._flush()
            if self.path.name == name:
                limit()
            close(self)

        TableWriter._flush, TableWriter.close = hurt_flush, hurt_close
        return
    path = Stage.path

    def hurt_path(self: Stage, wanted: str) -> Path:
        found = path(self, wanted)
        if wanted.startswith(name):
            limit()
        return found

    Stage.path = hurt_path


@fault
def grow(trace: Trace, size: int) -> None:
    """No file may grow past `size` bytes from now on."""
    import resource

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


@fault
def grow_stage(trace: Trace, size: int) -> None:
    """No file may grow past `size` bytes once outputs are staged: the disk is full only then."""
    from pipeline.store import Stage

    begin = Stage.__init__

    def hurt(self: Stage, out: Path) -> None:
        begin(self, out)
        grow(trace, size)

    Stage.__init__ = hurt


@fault
def workers(trace: Trace, code: str) -> None:
    """What the interpreter of the readers runs first."""
    from pipeline.extract import backend

    backend.PREPARE = code


@fault
def clock(trace: Trace, seconds: int) -> None:
    """The clock of the day jumps by so much, forth and back, each time it is read."""
    real, calls = time.time, []

    def jumping() -> float:
        calls.append(0)
        return real() + seconds * (len(calls) % 2 * 2 - 1)

    time.time = jumping


@fault
def forbidden(trace: Trace, names: list[str]) -> None:
    """Functions that raise when called: `pickle.loads`."""
    import importlib

    def refuse(*_: object, **__: object) -> None:
        trace("forbidden", "called")
        raise AssertionError("must not be called")

    for name in names:
        module, _, function = name.rpartition(".")
        setattr(importlib.import_module(module), function, refuse)


@fault
def no_connection(trace: Trace) -> None:
    """Neither a connection nor the resolution of a name."""

    def watch(event: str, arguments: tuple[object, ...]) -> None:
        if event in ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto"):
            trace("forbidden", event)
            raise OSError("no network")

    sys.addaudithook(watch)


@fault
def as_nobody(trace: Trace, raw: str, out: str) -> None:
    """Without the rights of the superuser, where the tests have them. Another run comes first: what is
    imported late may not be readable then."""
    from pipeline import cli

    assert cli.main(["build", raw, out]) == 0
    if os.geteuid() == 0:
        os.setgroups([])
        os.setgid(NOBODY)
        os.setuid(NOBODY)


# --- the other side: the program ---------------------------------------------------------------------


def run(order: dict[str, Any]) -> int:
    """One run, in a fork: its exit code."""
    from pipeline import build, cli, inputs

    folder = Path(order["folder"])
    said = os.open(folder / "said", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(said, 1)
    os.dup2(said, 2)
    log = os.open(folder / "trace", os.O_WRONLY | os.O_APPEND)

    def trace(kind: str, what: object) -> None:
        os.write(log, f"{kind} {what}\n".encode())

    def traced(module: Any, name: str, kind: str, say: Callable[..., object]) -> None:
        real = getattr(module, name)

        @functools.wraps(real)
        def each(*given: Any, **named: Any) -> Any:
            trace(kind, say(*given))
            return real(*given, **named)

        setattr(module, name, each)

    traced(build, "analyse", "analysed", lambda _file, source, *_: source.path)
    traced(inputs.Readings, "take_in", "read", lambda self, job, _: self.paths[job.key])
    for name, given in order["fault"].items():
        FAULTS[name](trace, *given)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        return cli.main(order["arguments"])
    finally:
        sys.stdout.flush()
        sys.stderr.flush()


def main() -> None:
    from pipeline import build, cli, lexicon, messages, model, store, tokens  # noqa: F401
    from pipeline.extract import ocr, sandbox  # noqa: F401
    from pipeline.matching import matching_copy

    ocr.versions = dict  # as conftest does
    model.encoder_available = lambda: False
    store.code_fingerprint = functools.cache(store.code_fingerprint)  # of 30 MB, several times a run
    model.load()
    lexicon.load()
    tokens.tokenize(matching_copy("公司"))
    for line in sys.stdin:
        order = json.loads(line)
        if "poll" in order:
            pid, status = os.waitpid(order["poll"], os.WNOHANG)
            print(json.dumps({"code": os.waitstatus_to_exitcode(status) if pid else None}), flush=True)
            continue
        pid = os.fork()
        if not pid:
            code = 70
            try:
                os.setsid()
                code = run(order)
            except SystemExit as stop:
                code = int(stop.code or 0)
            except BaseException:
                import traceback

                traceback.print_exc()
            finally:
                sys.stderr.flush()
                os._exit(code)
        print(json.dumps({"pid": pid}), flush=True)


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[1]))
    main()
