"""The warm process of the forked backend: its readers are imported, it forks a worker when asked.

It reads no input itself, has one thread, and serves one request after another on a socket: fork a
worker on the connection that comes along, or end a worker and say how it died. When the socket
closes, however the run ended, it takes with it every worker and whatever those left behind.
"""

from __future__ import annotations

import contextlib
import errno
import gc
import importlib
import os
import signal
import socket
import struct
import sys
from dataclasses import dataclass, field
from typing import NoReturn

from pipeline.extract import confinement, worker

REQUEST = struct.Struct("<cq")
"""What is wanted and a number: for FORK whether the worker recognises, for END its process id."""
REPLY = struct.Struct("<qq")
"""Process id and, for END, its wait status, with STARVED where it died of want of memory; or minus the
errno and 0 where it could not be done."""
STARVED = 1 << 32
"""Libraries in C abort where memory is refused to them, which looks like any other crash."""
STARVED_FROM = confinement.MEMORY_LIMIT // 4
"""Bytes in use from which on a crash is put down to that: a buffer that doubles fails well below the limit."""
FORK, FORK_RECOGNISER, END = b"f", b"r", b"e"
READY = REPLY.pack(0, 0)
_CRASHES = frozenset({signal.SIGABRT, signal.SIGTRAP, signal.SIGILL, signal.SIGSEGV, signal.SIGBUS})


def main() -> None:
    """Serve on the socket whose descriptor is the argument, until it closes."""
    control = socket.socket(fileno=int(sys.argv[1]))
    confinement.isolate()
    confinement.adopt_orphans()
    warm()
    gc.freeze()  # else a collection in a worker copies every page of what is shared
    control.sendall(READY)
    _Zygote(control).serve()
    os._exit(0)


def warm() -> None:
    """Import all readers and load their tables. A library that is missing is missed by the worker
    that needs it."""
    from pipeline.extract import formats, quality

    for name in (*(f.module for f in formats.FORMATS.values()), "pdf_tables", "archive", "ocr", "answers"):
        with contextlib.suppress(ImportError):
            importlib.import_module(f"pipeline.extract.{name}")
    quality.common_characters()
    quality.is_pair("商", "业")
    gc.collect()


@dataclass(frozen=True, slots=True)
class _Zygote:
    control: socket.socket
    workers: set[int] = field(default_factory=set)

    def serve(self) -> None:
        while (request := self._receive()) is not None:
            wanted, number, connection = request
            try:
                if wanted == END:
                    reply = number, self._end(number)
                else:
                    reply = self._fork(connection, recognises=wanted == FORK_RECOGNISER), 0
            except OSError as error:
                reply = -(error.errno or errno.EIO), 0
            finally:
                if connection >= 0:
                    os.close(connection)
            try:
                self.control.sendall(REPLY.pack(*reply))
            except OSError:
                break
        for pid in tuple(self.workers):
            with contextlib.suppress(OSError):
                self._end(pid)

    def _receive(self) -> tuple[bytes, int, int] | None:
        """What is wanted, its number and the connection of a new worker (-1: none); None at the end."""
        try:
            data, given, _, _ = socket.recv_fds(self.control, REQUEST.size, 1)
        except OSError:
            return None
        if len(data) != REQUEST.size:  # the end; a request is too short to come in pieces
            return None
        wanted, number = REQUEST.unpack(data)
        return wanted, number, given[0] if given else -1

    def _fork(self, connection: int, *, recognises: bool) -> int:
        own = os.getpid()
        pid = os.fork()
        if not pid:
            self._become_worker(connection, own, recognises=recognises)
        self.workers.add(pid)
        with contextlib.suppress(OSError):  # the child does it too: whoever comes first
            os.setpgid(pid, pid)
        return pid

    def _become_worker(self, connection: int, parent: int, *, recognises: bool) -> NoReturn:
        """Serve on the connection; whatever a reader raises, this process goes no further."""
        code = 1
        try:
            os.setpgid(0, 0)
            self.control.close()
            confinement.die_with_parent()
            if os.getppid() != parent:  # it died before that took effect
                os._exit(code)
            confinement.limit_memory(recognises=recognises)
            with socket.socket(fileno=connection) as channel:
                worker.serve(channel.makefile("rb"), channel.makefile("wb"))
            code = 0
        finally:
            os._exit(code)

    def _end(self, pid: int) -> int:
        """Kill a worker with its group and with what left the group; how the worker ended."""
        if pid not in self.workers:
            raise ProcessLookupError(errno.ESRCH, "no worker of this process")
        with contextlib.suppress(OSError):
            os.killpg(pid, signal.SIGKILL)
        with contextlib.suppress(OSError):
            os.kill(pid, signal.SIGKILL)  # it may have left its own group
        _, status, usage = os.wait4(pid, 0)
        # KiB, but bytes on macOS, which has no such limit
        if (
            os.WIFSIGNALED(status)
            and os.WTERMSIG(status) in _CRASHES
            and usage.ru_maxrss << 10 > STARVED_FROM
        ):
            status |= STARVED
        self.workers.discard(pid)
        while strays := _children() - self.workers:  # what they leave behind comes to us in turn
            for stray in strays:
                with contextlib.suppress(OSError):
                    os.kill(stray, signal.SIGKILL)
                with contextlib.suppress(OSError):
                    os.waitpid(stray, 0)
        return status


def _children() -> set[int]:
    """Process ids of the children, where the system lists them (Linux)."""
    try:
        with open(f"/proc/self/task/{os.getpid()}/children", "rb") as listed:
            return set(map(int, listed.read().split()))
    except OSError:
        return set()
