"""Pieces of a binary Word file: which bytes of the main stream are which characters of the text.

A character position counts 16-bit units, or bytes in 8-bit pieces ([MS-DOC] 2.4.1, 2.8.35). Text is
kept one character to a position: the second byte of a double-byte character leaves NUL behind.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass

from pipeline.extract.doc_fib import PIECES, Fib
from pipeline.extract.errors import Unreadable

_COMPRESSED = 1 << 30
MAX_PIECES = 1_000_000


@dataclass(frozen=True, slots=True)
class Piece:
    """Characters `start` to `end`, stored from byte `at` on, with what was changed in all of them."""

    start: int
    end: int
    at: int
    wide: bool
    changes: bytes = b""  # property changes (sprms) that a fast save left here

    @property
    def width(self) -> int:
        return 2 if self.wide else 1


@dataclass(frozen=True, slots=True)
class PieceTable:
    pieces: tuple[Piece, ...]
    damaged: bool = False  # bytes were missing, or the table itself was

    @property
    def end(self) -> int:
        return self.pieces[-1].end if self.pieces else 0

    def find(self, position: int, starts: list[int]) -> Piece | None:
        """The piece of a position; `starts` are those of all pieces."""
        index = bisect_right(starts, position) - 1
        return self.pieces[index] if index >= 0 and position < self.pieces[index].end else None


def read_pieces(fib: Fib, main: bytes, tables: bytes) -> PieceTable:
    """The pieces in the order of the text. Raises Unreadable: CORRUPT where there are none, GARBAGE."""
    clx = fib.part(PIECES, tables)
    table = _of_clx(clx, fib, len(main)) if clx else None
    if table is not None and table.pieces:
        return table
    if fib.era == "97":
        return _without_table(fib, main)
    if clx and fib.complex:
        raise Unreadable("CORRUPT")
    return _whole(fib, fib.wide, len(main), damaged=False)


def _of_clx(clx: bytes, fib: Fib, size: int) -> PieceTable | None:
    """The piece table with the changes it refers to; None where it is no piece table."""
    changes: list[bytes] = []
    at = 0
    while at < len(clx) and clx[at] == 1:
        length = int.from_bytes(clx[at + 1 : at + 3], "little")
        changes.append(clx[at + 3 : at + 3 + length])
        at += 3 + length
    if at >= len(clx) or clx[at] != 2:
        return None
    plc = clx[at + 5 : at + 5 + int.from_bytes(clx[at + 1 : at + 5], "little")]
    count = (len(plc) - 4) // 12
    if not 0 < count <= MAX_PIECES:
        return None
    pieces: list[Piece] = []
    damaged = False
    for n in range(count):
        start, end = (int.from_bytes(plc[4 * k : 4 * k + 4], "little") for k in (n, n + 1))
        described = plc[4 * (count + 1) + 8 * n :][:8]
        offset = int.from_bytes(described[2:6], "little")
        wide = not offset & _COMPRESSED if fib.era == "97" else fib.wide
        place = offset & (_COMPRESSED - 1)
        if fib.era == "97" and not wide:
            place //= 2
        if start != (pieces[-1].end if pieces else 0) or end < start or end > size:
            damaged = True
            break
        stored = min(end - start, max(0, size - place) // (2 if wide else 1))
        damaged |= stored < end - start and start < fib.stories.body
        if end > start:
            changed = _changed(described[6:8], changes, fib)
            pieces.append(Piece(start, end, place if stored else size + 2 * start, wide, changed))
    _check_apart(pieces)
    return PieceTable(tuple(pieces), damaged)


def _check_apart(pieces: list[Piece]) -> None:
    """Raises Unreadable(GARBAGE) for pieces over one another: no program writes them, and what a
    damaged place gives is text from elsewhere. Only a lone paragraph mark has been seen twice."""
    end = 0
    for place, stop in sorted(
        (p.at, p.at + p.width * (p.end - p.start)) for p in pieces if p.end > p.start + 1
    ):
        if place < end:
            raise Unreadable("GARBAGE")
        end = stop


def _changed(prm: bytes, changes: list[bytes], fib: Fib) -> bytes:
    """The property changes of a piece: one of those stored, or a single one of a byte ([MS-DOC] 2.9.205)."""
    value = int.from_bytes(prm, "little")
    if value & 1:
        return changes[value >> 1] if value >> 1 < len(changes) else b""
    code, operand = value >> 1 & 0x7F, value >> 8
    if fib.era != "97":
        return bytes((code, operand)) if code else b""
    # Only what decides whether and where text shows.
    sprm = {0x18: 0x2416, 0x19: 0x2417, 0x41: 0x0800, 0x5C: 0x083C}.get(code, 0)
    return sprm.to_bytes(2, "little") + bytes((operand,)) if sprm else b""


def _whole(fib: Fib, wide: bool, size: int, *, damaged: bool) -> PieceTable:
    """One piece: files of Word 6 that were not saved fast."""
    width = 2 if wide else 1
    if not 0 < fib.text_start < size:
        raise Unreadable("CORRUPT")
    length = min(fib.stories.total, (size - fib.text_start) // width)
    return PieceTable((Piece(0, length, fib.text_start, wide),), damaged or length < fib.stories.body)


def _without_table(fib: Fib, main: bytes) -> PieceTable:
    """A cut Word 97 file has lost its tables, which stand behind the text; unless it was saved
    fast, the text is in one stretch of one width, which its length tells."""
    length = fib.text_end - fib.text_start
    total = fib.stories.total
    widths = [width for width in (1, 2) if abs(length - width * total) <= width + 1]
    if fib.complex or not widths:
        raise Unreadable("CORRUPT")
    return _whole(fib, widths[0] == 2, len(main), damaged=True)
