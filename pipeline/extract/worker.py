"""The other end of the sandbox: reads one file at a time from a pipe, answers with bytes.

Nothing of an input reaches the parent but what `answers` can say: text, marks, reason codes, and the
bytes of members of an archive, which come back as files of their own.
"""

from __future__ import annotations

import contextlib
import json
import os
import struct
import sys
from collections.abc import Sequence
from typing import Any, BinaryIO

MEMORY_LIMIT = 2 << 30
RECOGNISER_MEMORY = 4 << 30  # address space; at 6 million pixels a page takes 1 GB, and its arenas
_NEW_NETWORK, _NEW_USER = 0x40000000, 0x10000000  # CLONE_NEWNET, CLONE_NEWUSER


def main() -> None:
    """Serve until the pipe closes. The answers go to the real stdout; anything a library prints
    goes nowhere."""
    answers = os.fdopen(os.dup(1), "wb")
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 1)
    os.dup2(null, 2)
    requests = sys.stdin.buffer
    _confine(RECOGNISER_MEMORY if sys.argv[1:] == ["recognise"] else MEMORY_LIMIT)
    from pipeline.extract import formats  # noqa: F401  after the limits: what imports is limited too

    _send(answers, [b'{"ready": true}'])
    while (head := _receive(requests)) is not None:
        order = json.loads(head)
        data = _receive(requests)
        if data is None:
            return
        _limit_cpu(int(order["time_limit"]))
        _send(answers, _answer(order, data))


def _answer(order: dict[str, Any], data: bytes) -> Sequence[bytes]:
    """The parts of the answer: JSON, then the bytes of members if the file is an archive."""
    from pipeline.extract import answers
    from pipeline.extract.errors import Unreadable

    result: dict[str, object]
    try:
        return _read(order, data)
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
    return [answers.to_json(result)]


def _read(order: dict[str, Any], data: bytes) -> Sequence[bytes]:
    from pipeline.extract import answers, archive, formats, ocr, zip_directory

    if order.get("page"):
        return [answers.extraction_to_json(ocr.recognise(data, int(order["page"])))]
    if data.startswith(zip_directory.SIGNATURES) and formats.sniff(data) == formats.ARCHIVE:
        members = archive.unpack(data)
        return [answers.members_to_json(members), *(m.data for m in members if m.data)]
    return [answers.extraction_to_json(formats.read(data, order["extension"]))]


def _confine(memory: int) -> None:
    """Limits of the system on this process, where the system has them."""
    sys.setrecursionlimit(800)
    try:
        import resource
    except ImportError:  # Windows: the parent's hard kill is what remains
        return
    for kind, limit in (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NOFILE, 64),
    ):
        with contextlib.suppress(ValueError, OSError):  # macOS has no limit on address space
            resource.setrlimit(kind, (limit, limit))
    if sys.platform == "linux":
        import ctypes

        libc = ctypes.CDLL(None)
        # A network of its own without a way out, where the system lets a process make one.
        if libc.unshare(_NEW_NETWORK):
            libc.unshare(_NEW_USER | _NEW_NETWORK)
        libc.prctl(1, 9)  # PR_SET_PDEATHSIG, SIGKILL: no worker outlives the run
        libc.prctl(38, 1, 0, 0, 0)  # PR_SET_NO_NEW_PRIVS


def _limit_cpu(time_limit: int) -> None:
    try:
        import resource
    except ImportError:
        return
    used = resource.getrusage(resource.RUSAGE_SELF)
    soft = int(used.ru_utime + used.ru_stime) + 2 * time_limit + 5
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_CPU, (soft, resource.RLIM_INFINITY))


def _receive(pipe: BinaryIO) -> bytes | None:
    head = pipe.read(8)
    if len(head) < 8:
        return None
    size = struct.unpack("<Q", head)[0]
    data = pipe.read(size)
    return data if len(data) == size else None


def _send(pipe: BinaryIO, parts: Sequence[bytes]) -> None:
    """Length and bytes of the JSON, then of what travels behind it."""
    head, *body = parts
    pipe.write(struct.pack("<QQ", len(head), sum(map(len, body))))
    pipe.writelines(parts)
    pipe.flush()
