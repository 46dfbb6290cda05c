"""The other end of the sandbox: reads one file at a time from a pipe, answers with JSON bytes.

Nothing of an input reaches the parent but the text, marks and reason codes in that JSON.
"""

from __future__ import annotations

import json
import os
import re
import struct
import sys
from dataclasses import asdict
from typing import BinaryIO

MEMORY_LIMIT = 2 << 30
_LONE = re.compile("[\ud800-\udfff]")


def main() -> None:
    """Serve until the pipe closes. The answers go to the real stdout; anything a library prints
    goes nowhere."""
    answers = os.fdopen(os.dup(1), "wb")
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 1)
    os.dup2(null, 2)
    requests = sys.stdin.buffer
    _confine()
    from pipeline.extract import formats  # after the limits: what imports is limited too

    _send(answers, b'{"ready": true}')
    while (head := _receive(requests)) is not None:
        order = json.loads(head)
        data = _receive(requests)
        if data is None:
            return
        _limit_cpu(int(order["time_limit"]))
        _send(answers, _answer(formats, data, order["extension"]))


def _answer(formats: object, data: bytes, extension: str) -> bytes:
    from pipeline.extract.errors import Unreadable

    result: dict[str, object]
    try:
        result = {"extraction": asdict(formats.read(data, extension))}  # type: ignore[attr-defined]
    except Unreadable as error:
        result = {"reason": error.reason}
    except MemoryError:
        result = {"reason": "OOM"}
    except RecursionError:
        result = {"reason": "LIMIT_DEPTH"}
    except ImportError:
        result = {"broken": True}  # the environment, not the input
    except Exception:
        result = {"reason": "CORRUPT"}
    return _LONE.sub("\ufffd", json.dumps(result, ensure_ascii=False)).encode()


def _confine() -> None:
    """Limits of the system on this process, where the system has them."""
    sys.setrecursionlimit(800)
    try:
        import resource
    except ImportError:  # Windows: the parent's hard kill is what remains
        return
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_LIMIT, MEMORY_LIMIT))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
    if sys.platform == "linux":
        import ctypes

        libc = ctypes.CDLL(None)
        libc.prctl(1, 9)  # PR_SET_PDEATHSIG, SIGKILL: no worker outlives the run
        libc.prctl(38, 1, 0, 0, 0)  # PR_SET_NO_NEW_PRIVS


def _limit_cpu(time_limit: int) -> None:
    try:
        import resource
    except ImportError:
        return
    used = resource.getrusage(resource.RUSAGE_SELF)
    soft = int(used.ru_utime + used.ru_stime) + 2 * time_limit + 5
    resource.setrlimit(resource.RLIMIT_CPU, (soft, resource.RLIM_INFINITY))


def _receive(pipe: BinaryIO) -> bytes | None:
    head = pipe.read(8)
    if len(head) < 8:
        return None
    size = struct.unpack("<Q", head)[0]
    data = pipe.read(size)
    return data if len(data) == size else None


def _send(pipe: BinaryIO, data: bytes) -> None:
    pipe.write(struct.pack("<Q", len(data)) + data)
    pipe.flush()
