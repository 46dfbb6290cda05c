"""The backend for POSIX: workers forked from a warm process, in milliseconds each.

This process has threads and must not fork itself: it keeps a `zygote`, a fresh interpreter that
forks on request. A worker talks to this process on a socket of its own, is killed by this process
with its group when its time is over, and is waited for by the zygote, so that its process id stays
its own until then.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time

from pipeline.extract import backend, zygote
from pipeline.extract.answers import Answer
from pipeline.extract.jobs import Job

SHARED_SIZE = 256 << 10
"""Bytes of a document that may share its worker with others: a worker of its own costs 10 ms, a text of
a few pages 1 ms. A larger one has it: nothing it does to the memory of the worker outlives it."""
REPLY_LIMIT = 15.0  # seconds to fork, to be ready, to be gone after a kill: milliseconds, if all is well
CLOSE_LIMIT = 3.0  # seconds for the zygote to take its workers with it
_PIECE = 1 << 20


class Forked:
    """Keeps one zygote, and starts another where it is gone."""

    shared_size = SHARED_SIZE

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._zygote: _Zygote | None = None
        self._closed = False

    def start(self, *, recognises: bool) -> backend.Worker:
        with self._lock:
            parent = self._ready()
        ours, theirs = socket.socketpair()
        with theirs:
            try:
                pid = parent.fork(theirs, recognises=recognises)
            except OSError as error:
                ours.close()
                raise backend.StartFailed from error
        worker = _Worker(parent, pid, ours, recognises=recognises)
        if not worker.greeted():
            worker.close()
            raise backend.StartFailed
        return worker

    def _ready(self) -> _Zygote:
        """The zygote, started if there is none that serves. Raises StartFailed."""
        if self._zygote and not self._zygote.serves():
            self._zygote.close()
            self._zygote = None
        if self._zygote is None:
            self._zygote = _Zygote()
        if self._closed:  # after the zygote is known: `close` finds it, or we find `_closed`
            self._zygote.close()
            raise backend.StartFailed
        if not self._zygote.warm():
            self._zygote.close()
            raise backend.StartFailed
        return self._zygote

    def close(self) -> None:
        self._closed = True
        if self._zygote:
            self._zygote.close()


class _Zygote:
    """This end of the warm process. Requests are made one at a time; `close` may come in between."""

    def __init__(self) -> None:
        self._control, theirs = socket.socketpair()
        self._lock = threading.Lock()
        self._living: set[int] = set()
        self._warm = self._failed = False
        with theirs:
            self._process = subprocess.Popen(
                # -P: no module of the current folder
                [sys.executable, "-P", "-c", backend.program("zygote"), str(theirs.fileno())],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env=backend.environment(),
                cwd=backend.ROOT,
                pass_fds=[theirs.fileno()],
                start_new_session=True,
            )

    def warm(self) -> bool:
        """Whether its readers are imported; waits for it."""
        with self._lock:
            if not self._warm and not self._failed:
                with contextlib.suppress(OSError):
                    self._warm = self._reply(backend.START_LIMIT) == zygote.REPLY.unpack(zygote.READY)
            return self._warm

    def serves(self) -> bool:
        return not self._failed and self._process.poll() is None

    def fork(self, connection: socket.socket, *, recognises: bool) -> int:
        """Process id of a new worker at the other end of the connection. Raises OSError."""
        wanted = zygote.FORK_RECOGNISER if recognises else zygote.FORK
        with self._lock:
            pid = self._ask(wanted, 0, [connection.fileno()])[0]
            self._living.add(pid)
        return pid

    def end(self, pid: int) -> int | None:
        """Kill a worker with its group; how it ended (minus the signal), None if nobody knows."""
        # Linux ends the workers of a dead zygote, and their ids may be others' by now.
        if self._process.poll() is None or sys.platform != "linux":
            _kill_group(pid)
        try:
            with self._lock:
                status = self._ask(zygote.END, pid, [])[1]
                self._living.discard(pid)
            return backend.STARVED if status & zygote.STARVED else os.waitstatus_to_exitcode(status)
        except (OSError, ValueError):
            return None

    def _ask(self, wanted: bytes, number: int, given: list[int]) -> tuple[int, int]:
        """The reply to one request. A zygote that failed once is not asked again. Raises OSError."""
        if self._failed:
            raise BrokenPipeError
        try:
            self._control.settimeout(REPLY_LIMIT)
            socket.send_fds(self._control, [zygote.REQUEST.pack(wanted, number)], given)
            reply = self._reply(REPLY_LIMIT)
        except OSError:
            self._failed = True
            raise
        if reply[0] < 0:
            raise OSError(-reply[0], os.strerror(-reply[0]))
        return reply

    def _reply(self, seconds: float) -> tuple[int, int]:
        reply: tuple[int, int] = zygote.REPLY.unpack(
            _receive(self._control, zygote.REPLY.size, time.monotonic() + seconds)
        )
        return reply

    def close(self) -> None:
        """End it and all its workers: it does so itself when the socket closes, else we do."""
        self._failed = True
        with contextlib.suppress(OSError):
            self._control.shutdown(socket.SHUT_RDWR)
        if not self._warm:  # it has no workers yet
            self._process.kill()
        try:
            self._process.wait(CLOSE_LIMIT)
        except subprocess.TimeoutExpired:
            for pid in tuple(self._living):
                _kill_group(pid)
            self._process.kill()
            self._process.wait()
        with self._lock:
            self._control.close()


class _Worker:
    def __init__(self, parent: _Zygote, pid: int, channel: socket.socket, *, recognises: bool) -> None:
        self.recognises = recognises
        self.served = 0
        self.pid = pid
        self._parent = parent
        self._channel = channel
        self._closed = False

    def greeted(self) -> bool:
        with contextlib.suppress(OSError, backend.AnswerTooLarge):
            return bool(self._answer(time.monotonic() + REPLY_LIMIT)[0])
        return False

    def alive(self) -> bool:
        try:
            self._channel.setblocking(False)
            self._channel.recv(1, socket.MSG_PEEK)
        except BlockingIOError:
            return True
        except OSError:
            return False
        return False  # its end, or something nobody asked for

    def ask(self, job: Job, time_limit: float) -> Answer:
        deadline = time.monotonic() + time_limit
        timed_out = too_large = False
        answer: tuple[bytes, bytes] | None = None
        self.served += 1
        try:
            for part in backend.request(job, time_limit):
                self._channel.settimeout(_left(deadline))
                self._channel.sendall(part)
            answer = self._answer(deadline)
        except TimeoutError:
            timed_out = True
        except backend.AnswerTooLarge:
            too_large = True
        except OSError:
            pass
        understood = backend.understood(answer)
        if understood is not None:
            return understood
        return backend.blame(self._end(), timed_out=timed_out, too_large=too_large)

    def _answer(self, deadline: float) -> tuple[bytes, bytes]:
        """JSON and the bytes behind it. Raises OSError, TimeoutError, AnswerTooLarge."""
        head, body = backend.sizes(_receive(self._channel, backend.HEAD.size, deadline))
        return _receive(self._channel, head, deadline), _receive(self._channel, body, deadline)

    def _end(self) -> int | None:
        if self._closed:
            return None
        self._closed = True
        status = self._parent.end(self.pid)
        self._channel.close()
        return status

    def close(self) -> None:
        self._end()


def _receive(channel: socket.socket, size: int, deadline: float) -> bytes:
    """Exactly so many bytes. Raises OSError where the other end closes, TimeoutError."""
    pieces: list[bytes] = []
    while size:
        channel.settimeout(_left(deadline))
        piece = channel.recv(min(size, _PIECE))
        if not piece:
            raise ConnectionResetError
        pieces.append(piece)
        size -= len(piece)
    return b"".join(pieces)


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


def _kill_group(pid: int) -> None:
    with contextlib.suppress(OSError):
        os.killpg(pid, signal.SIGKILL)
