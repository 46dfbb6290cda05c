"""What the streams of a PDF inflate to, counted before PDFium inflates them: it knows no limit but memory.

Streams are looked for in the bytes, not in the table of objects, which can lie about them. Pictures
are left out: text does not need them, and PDFium does not unpack them for it.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable, Iterator

from pipeline.extract.errors import Unreadable

MAX_STREAM = 100 << 20
"""Bytes of one stream; the contents of a crowded map are 20 MB, and 600 MB of blanks took PDFium 1.2 GB."""
MAX_ALL = 1 << 30
_STREAM = re.compile(rb"(?<!end)stream\r?\n")
_FLATE = re.compile(rb"/(?:FlateDecode|Fl)(?![A-Za-z])")
_PICTURE = re.compile(rb"/Image(?![A-Za-z])")
DICTIONARY = 2_000  # bytes before a stream in which its dictionary is looked for
MAX_FILTERS = 4
_STEP = 1 << 20


def check(data: bytes) -> None:
    """Raise LIMIT_SIZE where one stream, or all together, inflate to more than a page can need."""
    inflated = 0
    for found in _STREAM.finditer(data):
        dictionary = data[max(0, found.start() - DICTIONARY) : found.start()]
        dictionary = dictionary[dictionary.rfind(b"obj") + 1 :]
        if not _is_zlib(data[found.end() : found.end() + 2]) or _PICTURE.search(dictionary):
            continue
        pieces: Iterable[bytes] = _pieces(memoryview(data)[found.end() :])
        for _ in _FLATE.findall(dictionary)[:MAX_FILTERS] or [b""]:
            pieces = _inflated(pieces)
        size = 0
        for piece in pieces:
            size += len(piece)
            inflated += len(piece)
            if size > MAX_STREAM or inflated > MAX_ALL:
                raise Unreadable("LIMIT_SIZE")


def _is_zlib(head: bytes) -> bool:
    """Whether two bytes begin a zlib stream (RFC 1950, 2.2)."""
    return len(head) == 2 and head[0] & 15 == 8 and int.from_bytes(head, "big") % 31 == 0


def _pieces(data: memoryview) -> Iterator[bytes]:
    for at in range(0, len(data), _STEP):
        yield bytes(data[at : at + _STEP])


def _inflated(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """What the pieces inflate to, 1 MB at a time, as far as they are sound."""
    unpacking = zlib.decompressobj()
    try:
        for piece in pieces:
            rest = piece
            while rest and not unpacking.eof:
                yield unpacking.decompress(rest, _STEP)
                rest = unpacking.unconsumed_tail
            if unpacking.eof:
                return
    except zlib.error:
        return
