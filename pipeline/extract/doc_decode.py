"""The characters of a binary Word file, one to each position, by the code pages it was written in."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence

from pipeline.extract import doc_bytes
from pipeline.extract.doc_bytes import CHARSETS, DOUBLE_BYTE, SYMBOL, WESTERN
from pipeline.extract.doc_fib import Fib
from pipeline.extract.doc_pieces import Piece, PieceTable
from pipeline.extract.doc_properties import CharLook
from pipeline.extract.doc_styles import Font
from pipeline.extract.errors import Unreadable

Looks = Sequence[tuple[int, int, CharLook]]


def word_97(fib: Fib, main: bytes, pieces: PieceTable, fonts: list[Font]) -> str:
    """8-bit pieces are Western by the specification; programs other than Word have put GBK there.

    Raises Unreadable(GARBAGE) where a damaged table has one of the two read as the other.
    """
    narrow = doc_bytes.sample_of([_bytes(piece, main) for piece in pieces.pieces if not piece.wide])
    if doc_bytes.is_binary(narrow):
        raise Unreadable("GARBAGE")
    page = doc_bytes.double_byte(narrow, _expected(fib, fonts), least=4) or WESTERN
    parts: list[str] = []
    for piece in pieces.pieces:
        data = _bytes(piece, main)
        text = doc_bytes.decode_wide(data) if piece.wide else doc_bytes.decode(data, page)
        if piece.wide and doc_bytes.is_misread(text):
            raise Unreadable("GARBAGE")
        parts.append(text.ljust(piece.end - piece.start, doc_bytes.PAD))
    return "".join(parts)


def word_6(fib: Fib, main: bytes, pieces: PieceTable, fonts: list[Font], looks: Looks, normal: int) -> str:
    """Word 6 and 95 write the code page of each font, `normal` being that of the text without one.

    Raises Unreadable(GARBAGE)."""
    expected = _expected(fib, fonts)
    parts = [_bytes(piece, main) for piece in pieces.pieces]
    if fib.wide:
        return _wide(b"".join(parts), expected)
    sample = doc_bytes.sample_of(parts)
    if doc_bytes.is_binary(sample):
        raise Unreadable("GARBAGE")
    double = doc_bytes.double_byte(sample, expected, least=1)
    usual = double or doc_bytes.language_page(fib.language)
    if not double:
        usual = WESTERN if usual in DOUBLE_BYTE else usual
        usual = _page(fonts[normal], usual) if normal < len(fonts) else usual
    other: list[tuple[int, int, str]] = []  # where another page holds, in order
    for start, end, look in looks:
        if look.font is None or look.font >= len(fonts):
            continue
        page = _page(fonts[look.font], usual)
        # In a Chinese text the bytes of Chinese characters stand in Western fonts too.
        if double and page not in DOUBLE_BYTE | {SYMBOL}:
            page = double
        if page != usual and (not other or start >= other[-1][1]):
            other.append((start, end, page))
    starts = [start for start, _, _ in other]
    out: list[str] = []
    for piece, data in zip(pieces.pieces, parts, strict=True):
        text: list[str] = []
        at = 0
        for start, end, page in other[bisect_left(starts, piece.start) : bisect_left(starts, piece.end)]:
            first, last = start - piece.start, min(end, piece.end) - piece.start
            text += (doc_bytes.decode(data[at:first], usual), doc_bytes.decode(data[first:last], page))
            at = last
        text.append(doc_bytes.decode(data[at:], usual))
        out.append("".join(text).ljust(piece.end - piece.start, doc_bytes.PAD))
    return "".join(out)


def _wide(data: bytes, expected: list[str]) -> str:
    """16-bit text of Word 95 for East Asia: characters, or codes of a double-byte page."""
    readings = [doc_bytes.decode_wide(data)]
    readings += [doc_bytes.decode_wide_pages(data, page) for page in expected or ["gb18030"]]
    return max(readings, key=doc_bytes.plausibility)


def _expected(fib: Fib, fonts: list[Font]) -> list[str]:
    """Double-byte code pages that the languages and fonts of the document point to, best first."""
    pages = [doc_bytes.language_page(language) for language in (fib.east_asian, fib.language) if language]
    pages += [CHARSETS.get(font.charset, WESTERN) for font in fonts]
    return [page for page in dict.fromkeys(pages) if page in DOUBLE_BYTE]


def _bytes(piece: Piece, main: bytes) -> bytes:
    return main[piece.at : piece.at + piece.width * (piece.end - piece.start)]


def _page(font: Font, usual: str) -> str:
    """The code page of a font: charset 0 is Western, 1 whatever the system had."""
    western = WESTERN if font.charset == 0 and usual not in DOUBLE_BYTE else usual
    return CHARSETS.get(font.charset, western)
