"""Properties of characters and paragraphs of a binary Word file, as far as they decide what shows.

They are lists of changes (sprms) to a style, on pages of 512 bytes that say for which bytes of the
main stream they hold ([MS-DOC] 2.4.6.1, 2.4.6.2, 2.9.33, 2.9.181; sprms 2.6). Word 6 has shorter codes.
"""

from __future__ import annotations

import struct
from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Generic, TypeVar

from pipeline.extract.doc_fib import CHAR_PAGES, PARA_PAGES, Era, Fib

PAGE = 512
MAX_PAGES, MAX_RUNS = 1 << 16, 1_000_000
_VARIABLE = 6
_SIZES = (1, 1, 2, 4, 2, 2, 0, 3)  # bytes of an operand by the upper three bits of a sprm
_LONG_TABLE = {0xD606, 0xD608}  # definitions of a table, whose length takes two bytes
_TABS = 0xC615
# Codes of Word 6 that are of use here, and the same in Word 97.
_FROM_WORD_6 = {
    2: 0x4600, 24: 0x2416, 25: 0x2417, 65: 0x0800, 74: 0x6A09, 80: 0x4A30, 83: 0x2A33, 92: 0x083C, 93: 0x4A4F,
}  # fmt: skip
# Operand sizes of Word 6: -1 is a byte of length and as many; codes not listed have one byte.
_SIZES_6 = {
    **dict.fromkeys((2, 16, 17, 18, 19, 21, 22, 26, 27, 28, *range(30, 37), *range(38, 44), *range(45, 50)), 2),
    **dict.fromkeys((69, 72, 80, 93, 96, 97, 99, 101, 107, 109, 110, 121, 122, 123, 124), 2),
    **dict.fromkeys((3, 12, 15, 23, 52, 68, 74, 81, 82, 103, 105, 106, 108, *range(111, 117), 120), -1),
    20: 4, 70: 4, 73: 3, 95: 3, 83: 0, 133: 2, 134: 2, 135: 2, 136: 2, 140: 2, 141: 2, 144: 2, 145: 2, 148: 2,
    149: 2, 150: 2, 151: 2, 152: 2, 154: 2, 155: 2, 156: 2, 157: 2, 160: 2, 161: 2, 164: 2, 165: 2, 166: 2,
    167: 2, 168: 2, 169: 2, 170: 2, 171: 2, 182: 2, 183: 2, 184: 2, 185: 2, 187: -1, 188: -2, 189: 2, 190: -2,
    191: 4, 192: 5, 193: 4, 194: 4, 195: 4, 196: 2, 197: 4, 198: 2, 199: 2, 200: 5,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class CharLook:
    """What is changed for characters. `hidden`: 0 shown, 1 hidden, 0x80 as the style, 0x81 its opposite."""

    hidden: int | None = None
    deleted: bool = False
    style: int | None = None
    font: int | None = None
    symbol: tuple[int, int] | None = None  # font and place in it of a sign that stands for the character


@dataclass(frozen=True, slots=True)
class ParaLook:
    style: int = 0
    outline: int | None = None  # 0 to 8 a heading, 9 body text
    in_table: bool = False
    row_end: bool = False
    depth: int | None = None  # tables around it; says more than `in_table`, and older files do not have it
    inner_cell_end: bool = False
    inner_row_end: bool = False
    list_number: int | None = None  # from 1; 0 is none
    list_level: int | None = None

    @property
    def tables(self) -> int:
        return min(self.depth, 32) if self.depth else int(self.in_table)


T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Runs(Generic[T]):
    """Stretches of bytes with the same properties, in order and apart from one another."""

    starts: list[int] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)
    looks: list[T] = field(default_factory=list)

    def at(self, offset: int) -> T | None:
        index = bisect_right(self.starts, offset) - 1
        return self.looks[index] if index >= 0 and offset < self.ends[index] else None

    def within(self, start: int, end: int) -> Iterator[tuple[int, int, T]]:
        """Those that lie in a stretch of bytes, cut to it."""
        index = max(0, bisect_right(self.starts, start) - 1)
        while index < len(self.starts) and self.starts[index] < end:
            if self.ends[index] > start:
                yield max(start, self.starts[index]), min(end, self.ends[index]), self.looks[index]
            index += 1


def sprms(changes: bytes, era: Era) -> Iterator[tuple[int, bytes]]:
    """(code of Word 97, operand) of each change; ends where the bytes do."""
    yield from _sprms_97(changes) if era == "97" else _sprms_6(changes)


def _sprms_97(changes: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at + 2 < len(changes):
        code = changes[at] | changes[at + 1] << 8
        at += 2
        size = _SIZES[code >> 13]
        if code in _LONG_TABLE:
            size = int.from_bytes(changes[at : at + 2], "little") + 1
        elif code >> 13 == _VARIABLE:
            size = 1 + changes[at]
            if code == _TABS and changes[at] == 255:
                deleted = changes[at + 1] if at + 1 < len(changes) else 0
                place = at + 2 + 4 * deleted
                size = 3 + 4 * deleted + 3 * (changes[place] if place < len(changes) else 0)
        yield code, changes[at : at + size]
        at += size


def _sprms_6(changes: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at < len(changes):
        code = changes[at]
        size = _SIZES_6.get(code, 1 if code else 0)
        if size == -1:
            size = 1 + (changes[at + 1] if at + 1 < len(changes) else 0)
        elif size == -2:
            size = 1 + int.from_bytes(changes[at + 1 : at + 3], "little")
        yield _FROM_WORD_6.get(code, 0), changes[at + 1 : at + 1 + size]
        at += 1 + size


@lru_cache(maxsize=4096)
def char_look(changes: bytes, era: Era) -> CharLook:
    look = CharLook()
    for code, operand in sprms(changes, era):
        value = operand[0] if operand else 0
        word = int.from_bytes(operand[:2], "little")
        if code == 0x083C:
            look = replace(look, hidden=value)
        elif code == 0x0800:
            look = replace(look, deleted=value == 1)
        elif code == 0x4A30:
            look = replace(look, style=word)
        elif code == 0x4A4F:
            look = replace(look, font=word)
        elif code == 0x2A33:  # back to the style
            look = CharLook(deleted=look.deleted, style=look.style)
        elif code == 0x6A09:
            look = replace(look, symbol=_symbol(operand, era))
    return look


def _symbol(operand: bytes, era: Era) -> tuple[int, int]:
    """Font and place of a sign; Word 6 gives a byte of length, then the place in one byte."""
    if era != "97":
        return int.from_bytes(operand[1:3], "little"), 0xF000 | int.from_bytes(operand[3:4], "little")
    return int.from_bytes(operand[:2], "little"), int.from_bytes(operand[2:4], "little")


@lru_cache(maxsize=4096)
def para_look(style: int, changes: bytes, era: Era) -> ParaLook:
    look = ParaLook(style)
    for code, operand in sprms(changes, era):
        value = operand[0] if operand else 0
        if code == 0x4600:
            look = replace(look, style=int.from_bytes(operand[:2], "little"))
        elif code == 0x2640:
            look = replace(look, outline=value)
        elif code == 0x2416:
            look = replace(look, in_table=bool(value))
        elif code == 0x2417:
            look = replace(look, row_end=bool(value))
        elif code == 0x6649:
            look = replace(look, depth=int.from_bytes(operand[:4], "little", signed=True))
        elif code == 0x244B:
            look = replace(look, inner_cell_end=bool(value))
        elif code == 0x244C:
            look = replace(look, inner_row_end=bool(value))
        elif code == 0x460B:
            look = replace(look, list_number=int.from_bytes(operand[:2], "little"))
        elif code == 0x260A:
            look = replace(look, list_level=value)
    return look


def char_runs(fib: Fib, main: bytes, tables: bytes) -> Runs[bytes]:
    """The changes of characters by place in the main stream."""

    def changes(page: bytes, count: int, n: int) -> bytes:
        place = 2 * page[4 * (count + 1) + n]
        return page[place + 1 : place + 1 + page[place]] if place else b""

    return _runs(_pages(fib, tables, CHAR_PAGES, fib.char_pages), main, 1, changes)


def para_runs(fib: Fib, main: bytes, tables: bytes) -> Runs[bytes]:
    """The style (two bytes) and the changes of paragraphs by place in the main stream."""

    def changes(page: bytes, count: int, n: int) -> bytes:
        place = 2 * page[4 * (count + 1) + item * n]
        if not place:
            return b""
        size = 2 * page[place]
        if fib.era != "97":
            return page[place + 1 : place + 1 + size]
        if size:
            return page[place + 1 : place + size]
        return page[place + 2 : place + 2 + 2 * page[place + 1]]

    item = 13 if fib.era == "97" else 7
    return _runs(_pages(fib, tables, PARA_PAGES, fib.para_pages), main, item, changes)


def _pages(fib: Fib, tables: bytes, index: int, more: tuple[int, int]) -> list[int]:
    """Numbers of the pages; Word 6 lists the first ones only, the rest follow them."""
    plc = fib.part(index, tables)
    size = 4 if fib.era == "97" else 2
    count = min(max(0, (len(plc) - 4) // (4 + size)), MAX_PAGES)
    first = 4 * (count + 1)
    listed = [int.from_bytes(plc[first + size * n :][:size], "little") for n in range(count)]
    if not fib.complex and len(listed) < more[1]:
        after = listed[-1] + 1 if listed else more[0]
        listed += range(after, after + more[1] - len(listed))
    return list(dict.fromkeys(listed))


def _runs(
    pages: list[int], main: bytes, item: int, changes: Callable[[bytes, int, int], bytes]
) -> Runs[bytes]:
    """What the pages say; what is out of order or overlaps is left out."""
    found: list[tuple[int, int, bytes]] = []
    for number in pages:
        page = main[PAGE * number : PAGE * (number + 1)]
        if len(page) < PAGE or len(found) > MAX_RUNS:
            continue
        count = page[PAGE - 1]
        if 4 * (count + 1) + item * count >= PAGE:
            continue
        edges = struct.unpack_from(f"<{count + 1}I", page)
        found += [
            (edges[n], edges[n + 1], changes(page, count, n)) for n in range(count) if edges[n] < edges[n + 1]
        ]
    runs: Runs[bytes] = Runs()
    end = 0
    for start, stop, look in sorted(found):
        if start >= end:
            runs.starts.append(start)
            runs.ends.append(stop)
            runs.looks.append(look)
            end = stop
    return runs
