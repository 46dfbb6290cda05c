"""Automatic list numbers of a binary Word file ([MS-DOC] 2.9.131 LFO, 2.9.147 LSTF, 2.9.150 LVLF).

Counting and spelling are those of DOCX, which took both over from here.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from pipeline.extract.doc_fib import LIST_OVERRIDES, LISTS, Fib
from pipeline.extract.doc_properties import ParaLook
from pipeline.extract.doc_styles import Style
from pipeline.extract.docx_numbering import LEVELS, Level, ListInUse, Numbering

MAX_LISTS = 10_000
MAX_NUMBER = 999_999
_KINDS = {
    0: "decimal", 1: "upperRoman", 2: "lowerRoman", 3: "upperLetter", 4: "lowerLetter", 5: "ordinal",
    10: "ideographDigital", 11: "japaneseCounting", 14: "decimalFullWidth", 16: "japaneseLegal",
    17: "japaneseDigitalTenThousand", 18: "decimalEnclosedCircle", 19: "decimalFullWidth2", 22: "decimalZero",
    23: "bullet", 26: "decimalEnclosedFullstop", 27: "decimalEnclosedParen", 28: "decimalEnclosedCircleChinese",
    29: "ideographEnclosedCircle", 30: "ideographTraditional", 31: "ideographZodiac",
    32: "ideographZodiacTraditional", 33: "taiwaneseCounting", 34: "ideographLegalTraditional",
    35: "taiwaneseCountingThousand", 36: "taiwaneseDigital", 37: "chineseCounting",
    38: "chineseLegalSimplified", 39: "chineseCountingThousand", 57: "numberInDash", 255: "none",
}  # fmt: skip
_AFTER = {0: "tab", 1: "space", 2: "nothing"}


@dataclass(slots=True)
class Lists:
    """Gives each paragraph of a list its label, in the order of the text."""

    numbering: Numbering = field(default_factory=Numbering)

    def label(self, look: ParaLook, style: Style) -> str:
        """The label with what separates it from the text, "" outside lists."""
        number = style.list_number if look.list_number is None else look.list_number
        level = style.list_level if look.list_level is None else look.list_level
        return self.numbering.label(str(number), level) if 0 < number < 0x7FF else ""


def read_lists(fib: Fib, tables: bytes) -> Lists:
    """The lists of the document; none where their tables are not sound."""
    numbering = Numbering()
    if fib.era != "97" or not fib.part(LISTS, tables):
        return Lists(numbering)
    start = fib.pairs[LISTS][0]
    count = min(_u16(tables, start), MAX_LISTS)
    at = start + 2 + 28 * count  # the levels stand behind what the length of the table covers
    for n in range(count):
        entry = tables[start + 2 + 28 * n :][:28]
        if len(entry) < 28:
            break
        levels: dict[int, Level] = {}
        for depth in range(1 if entry[26] & 1 else LEVELS):
            levels[depth], at = _level(tables, at)
        numbering.shapes[entry[:4].hex()] = levels
    _read_overrides(fib, tables, numbering)
    return Lists(numbering)


def _read_overrides(fib: Fib, tables: bytes, numbering: Numbering) -> None:
    """Lists as paragraphs name them: a shape, with other starts or levels."""
    if not fib.part(LIST_OVERRIDES, tables):
        return
    start = fib.pairs[LIST_OVERRIDES][0]
    count = min(int.from_bytes(tables[start : start + 4], "little"), MAX_LISTS)
    at = start + 4 + 16 * count
    for n in range(count):
        entry = tables[start + 4 + 16 * n :][:16]
        if len(entry) < 16:
            break
        used = ListInUse(entry[:4].hex())
        at += 4
        for _ in range(min(entry[12], LEVELS)):
            first, flags = (int.from_bytes(tables[at + k : at + k + 4], "little") for k in (0, 4))
            at += 8
            depth = flags & 0xF
            if flags & 0x20:
                level, at = _level(tables, at)
                if depth < LEVELS:
                    used.levels[depth] = level
                first = level.start
            if flags & 0x10 and depth < LEVELS:
                used.starts[depth] = min(first, MAX_NUMBER)
        numbering.lists[str(n + 1)] = used


def _level(tables: bytes, at: int) -> tuple[Level, int]:
    """A level and where the next one begins. Its text has a character below 9 at the place of a number."""
    fixed = tables[at : at + 28]
    if len(fixed) < 28:
        return Level(kind="none"), at
    place = at + 28 + fixed[24] + fixed[25]
    length = _u16(tables, place)
    end = place + 2 + 2 * length
    text = tables[place + 2 : min(end, place + 202)].decode("utf-16-le", "replace")
    kind = _KINDS.get(fixed[4], "decimal")
    flags = fixed[5]
    shown = "".join(
        f"%{ord(char) + 1}" if char < "\x09" else char for char in text if char >= " " or char < "\x09"
    )
    level = Level(
        start=min(int.from_bytes(fixed[:4], "little"), MAX_NUMBER),
        kind=kind,
        text=shown,
        after=_AFTER.get(fixed[15], "tab"),
        restart=fixed[26] if flags & 8 else None,
        plain=bool(flags & 4),
    )
    return level, end


def _u16(data: bytes, at: int) -> int:
    return int.from_bytes(data[at : at + 2], "little")
