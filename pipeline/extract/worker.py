"""The other end of the sandbox: reads one file at a time from a pipe, answers with bytes.

Nothing of an input reaches the parent but what `answers` can say: text, marks, reason codes, and the
bytes of members of an archive, which come back as files of their own.
"""

from __future__ import annotations

import json
import os
import queue
import struct
import sys
import threading
from collections.abc import Sequence
from typing import Any, BinaryIO, Protocol

from pipeline.extract import confinement

MAX_CHARS = 40_000_000
"""Characters in one answer. Readers stop at half of it themselves; twice as many in the JSON of an
answer is more than the memory of a worker holds."""


def main() -> None:
    """Serve on the standard streams of a process of its own until the pipe closes; what is being read
    then ends with it, since nobody waits for it any more."""
    requests, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    confinement.silence()
    confinement.isolate()
    confinement.die_with_parent()
    confinement.limit_memory(recognises=sys.argv[1:] == ["recognise"])
    serve(_Requests(requests), answers)


class _Requests:
    """The pipe of requests, read by a thread of its own, which notices the end of the parent while a
    file is being read: where the system does not end a process with its parent (Windows, macOS), and
    where the parent was gone before this process could ask for that."""

    def __init__(self, pipe: BinaryIO) -> None:
        self.ready: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        self.pipe = pipe
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        """Hand on length and bytes of what comes; at the end, or if the pipe breaks, end the process."""
        try:
            while len(head := self.pipe.read(8)) == 8:
                size = struct.unpack("<Q", head)[0]
                data = self.pipe.read(size)
                if len(data) < size:
                    break
                self.ready.put(head)
                self.ready.put(data)
                del data  # up to 100 MB, and the memory is limited
        finally:
            os._exit(0)

    def read(self, _size: int) -> bytes:
        return self.ready.get()


class Reads(Protocol):
    def read(self, size: int, /) -> bytes:
        """So many bytes, fewer at the end."""


def serve(requests: Reads, answers: BinaryIO) -> None:
    """Say that it is ready, then answer every order until there are no more."""
    from pipeline.extract import formats  # noqa: F401  after the limits: what imports is limited too

    _send(answers, [b'{"ready": true}'])
    while (head := _receive(requests)) is not None:
        order = json.loads(head)
        data = _receive(requests)
        if data is None:
            return
        confinement.limit_cpu(int(order["time_limit"]))
        _send(answers, _answer(order, data))


def _answer(order: dict[str, Any], data: bytes) -> Sequence[bytes]:
    """The parts of the answer: JSON, then the bytes of members if the file is an archive."""
    from pipeline.extract import answers
    from pipeline.extract.errors import Unreadable

    result: dict[str, object]
    try:
        parts = _read(order, data)
        if sum(map(len, parts)) > answers.MAX_ANSWER:
            raise Unreadable("LIMIT_SIZE")
        return parts
    except Unreadable as error:
        result = {"reason": error.reason}
    except MemoryError:
        result = {"reason": "OOM"}
    except RecursionError:
        result = {"reason": "LIMIT_DEPTH"}
    except ImportError as error:
        result = {"reason": "OOM"} if _lacks_memory(error) else {"broken": True}
    except Exception:
        result = {"reason": "CORRUPT"}
    return [answers.to_json(result)]


def _lacks_memory(error: ImportError) -> bool:
    """Whether a library is there but did not fit into what the input left of the memory: that says
    nothing about the environment."""
    return any(sign in str(error) for sign in ("failed to map segment", "annot allocate memory"))


def _read(order: dict[str, Any], data: bytes) -> Sequence[bytes]:
    from pipeline.extract import answers, archive, formats, ocr, pdf_picture, zip_directory
    from pipeline.extract.errors import Unreadable

    if order.get("drawn"):
        pictures = pdf_picture.draw(data, order["drawn"])
        return [answers.pictures_to_json(pictures), *(p.png for p in pictures)]
    if order.get("page"):
        return [answers.extraction_to_json(ocr.recognise(data, int(order["page"])))]
    if data.startswith(zip_directory.SIGNATURES) and formats.sniff(data) == formats.ARCHIVE:
        members = archive.unpack(data)
        return [answers.members_to_json(members), *(m.data for m in members if m.data)]
    extraction = formats.read(data, order["extension"])
    if sum(len(page.text) for page in extraction.pages) > MAX_CHARS:
        raise Unreadable("LIMIT_SIZE")
    return [answers.extraction_to_json(extraction)]


def _receive(pipe: Reads) -> bytes | None:
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
