"""Head of a binary Word file: its version, languages, length of each story and where its tables are.

[MS-DOC] 2.5 for Word 97 to 2003; the file formats of Word 6 and Word 95 (the same fields at other
offsets, tables in the main stream, page numbers of 16 bits) and of Word 2 (text only).
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Literal

from pipeline.extract.errors import Unreadable

WORD_97, WORD_6, WORD_2 = 0xA5EC, 0xA5DC, 0xA5DB
_IDENTS = {WORD_97, WORD_6, WORD_2, 0xA697, 0xA698, 0xA699}  # the last three: Word 95 of East Asia
_COMPLEX, _ENCRYPTED, _TABLE_1, _WIDE = 0x0004, 0x0100, 0x0200, 0x1000
MAX_STORY = 20_000_000

Era = Literal["97", "6", "2"]

# Places of tables in the list of (offset, length) pairs, the same in every version.
STYLES, HEADERS, CHAR_PAGES, PARA_PAGES, FONTS, PIECES = 1, 11, 12, 13, 15, 33
ANCHORS, DRAWINGS, BOXES = 40, 50, 56
LISTS, LIST_OVERRIDES = 73, 74
_PAIRS = 80  # pairs that are looked at


@dataclass(frozen=True, slots=True)
class Stories:
    """Characters of each story, in the order in which they follow one another."""

    body: int
    footnotes: int
    headers: int
    macros: int
    comments: int
    endnotes: int
    boxes: int
    header_boxes: int

    @property
    def total(self) -> int:
        return sum(self.in_order())

    def in_order(self) -> tuple[int, ...]:
        return (
            self.body,
            self.footnotes,
            self.headers,
            self.macros,
            self.comments,
            self.endnotes,
            self.boxes,
            self.header_boxes,
        )


@dataclass(frozen=True, slots=True)
class Fib:
    era: Era
    language: int  # LANGID of the program that wrote it
    east_asian: int  # LANGID of its East Asian text, 0 if not said
    complex: bool  # saved fast: pieces in another order than the text
    wide: bool  # 16 bits a character; always set from Word 97 on, where pieces say it themselves
    table: str  # stream of the tables, "" where they are in the main stream
    text_start: int
    text_end: int
    stories: Stories
    pairs: tuple[tuple[int, int], ...]
    char_pages: tuple[int, int]  # first page and count, where Word 6 does not list them all
    para_pages: tuple[int, int]

    def part(self, index: int, tables: bytes) -> bytes:
        """The bytes of a table, as far as they are there."""
        offset, length = self.pairs[index] if index < len(self.pairs) else (0, 0)
        return tables[offset : offset + length] if 0 < length < 1 << 31 else b""


def read_fib(main: bytes) -> Fib:
    """The head of the main stream. Raises Unreadable: CORRUPT, ENCRYPTED, UNSUPPORTED_TYPE."""
    if len(main) < 0x60:
        raise Unreadable("CORRUPT")
    ident, version, _, language = struct.unpack_from("<HHHH", main)
    flags = _u16(main, 10)
    if ident not in _IDENTS:
        raise Unreadable("CORRUPT")
    if flags & _ENCRYPTED:
        raise Unreadable("ENCRYPTED")
    if ident == WORD_2:
        return _word_2(main, language, flags)
    era: Era = "97" if version >= 0xC0 or ident == WORD_97 else "6"
    if era == "97":
        lengths, first, count = _word_97_layout(main)
    else:
        lengths, first, count = 0x34, 0x58, 34
    stories = Stories(*(_length(main, lengths + 4 * n) for n in range(8)))
    if not stories.body or stories.total > MAX_STORY:
        raise Unreadable("LIMIT_SIZE" if stories.body else "CORRUPT")
    pairs = tuple((_u32(main, first + 8 * n), _u32(main, first + 8 * n + 4)) for n in range(count))
    return Fib(
        era=era,
        language=language,
        east_asian=_u16(main, 60) if era == "97" else 0,
        complex=bool(flags & _COMPLEX),
        wide=bool(flags & _WIDE),
        table="" if era == "6" else "1Table" if flags & _TABLE_1 else "0Table",
        text_start=_u32(main, 0x18),
        text_end=_u32(main, 0x1C),
        stories=stories,
        pairs=pairs,
        char_pages=(_u16(main, 0x18A), _u16(main, 0x18E)) if era == "6" else (0, 0),
        para_pages=(_u16(main, 0x18C), _u16(main, 0x190)) if era == "6" else (0, 0),
    )


def _word_97_layout(main: bytes) -> tuple[int, int, int]:
    """(offset of the story lengths, of the pairs, how many of them): each list says its own length."""
    longs = 34 + 2 * _u16(main, 32)
    pairs = longs + 2 + 4 * _u16(main, longs)
    count = _u16(main, pairs)
    if not count or pairs + 2 + 8 * min(count, PIECES + 1) > len(main):
        raise Unreadable("CORRUPT")
    return longs + 2 + 12, pairs + 2, min(count, _PAIRS)


def _word_2(main: bytes, language: int, flags: int) -> Fib:
    """Only the text: its tables are laid out in a third way."""
    start, end, length = _u32(main, 0x18), _u32(main, 0x1C), _length(main, 0x34)
    if flags & _COMPLEX or not start < end <= len(main):
        raise Unreadable("UNSUPPORTED_TYPE" if flags & _COMPLEX else "CORRUPT")
    stories = Stories(min(length or end - start, end - start), *[0] * 7)
    return Fib("2", language, 0, False, False, "", start, end, stories, (), (0, 0), (0, 0))


def _length(main: bytes, at: int) -> int:
    value = _u32(main, at)
    return value if value < 1 << 31 else 0


def _u16(data: bytes, at: int) -> int:
    return int.from_bytes(data[at : at + 2], "little")


def _u32(data: bytes, at: int) -> int:
    return int.from_bytes(data[at : at + 4], "little")
