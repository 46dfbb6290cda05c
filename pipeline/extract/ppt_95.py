"""PowerPoint 95: the texts of its one stream, in the order they lie in it.

The format was never published. What the files show: a text is its length in four bytes, its
characters of one byte each (one more where the length is odd), then the mark of a run with the same
length again.
"""

from __future__ import annotations

import re
import struct

from pipeline.extract import ppt_text
from pipeline.extract.slide_page import Deck
from pipeline.extract.slide_shapes import Shape
from pipeline.records import Extraction

_RUN = b"\x0c\x00"
_BINARY = re.compile(rb"[\x00-\x08\x0c\x0e-\x1f]")
MAX_TEXT = 1 << 16  # bytes of one text box


def read(stream: bytes) -> Extraction:
    """One page: which slide a text is on is not known."""
    found = _texts(stream)
    encoding = ppt_text.code_page(found)
    lines = (ppt_text.narrow(text, encoding).replace("\r", "\n") for text in found)
    shapes = [Shape(lines=tuple(text.splitlines())) for text in lines]
    return Extraction("ppt", "huabu/ppt95", (Deck(1.0, 1.0).page(1, shapes),), ("REPAIRED",))


def _texts(stream: bytes) -> list[bytes]:
    found: list[bytes] = []
    at = stream.find(_RUN)
    while at >= 0:
        size = struct.unpack_from("<I", stream, at + 2)[0] if at + 6 <= len(stream) else 0
        start = at - size - size % 2
        if 0 < size <= MAX_TEXT and start >= 4 and struct.unpack_from("<I", stream, start - 4)[0] == size:
            text = stream[start : start + size]
            if not _BINARY.search(text):  # two numbers that happen to be alike
                found.append(text)
        at = stream.find(_RUN, at + 1)
    return found
