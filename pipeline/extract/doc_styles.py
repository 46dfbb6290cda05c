"""Styles and fonts of a binary Word file ([MS-DOC] 2.9.271 STSH, 2.9.286 SttbfFfn)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from pipeline.extract.doc_fib import FONTS, STYLES, Era, Fib
from pipeline.extract.doc_properties import char_look, para_look

MAX_STYLES = 4095
_NONE = 0xFFF
_HEADING = re.compile(r"(?:heading|标题|標題)\s?([1-9])")
_TITLES = {"title", "标题", "標題"}
_PARAGRAPH, _CHARACTER = 1, 2
_TITLE = 62  # the built-in style of that number; those of 1 to 9 are the headings


@dataclass(frozen=True, slots=True)
class Style:
    """A style with what it has from those it is based on."""

    level: int = 0  # 1 to 9 for headings
    hidden: bool = False
    font: int = 0
    list_number: int = 0
    list_level: int = 0


@dataclass(frozen=True, slots=True)
class _Entry:
    """A style as it is written down."""

    kind: int
    base: int
    level: int | None
    hidden: int | None
    font: int | None
    list_number: int | None
    list_level: int | None


@dataclass(frozen=True, slots=True)
class Font:
    name: str
    charset: int


def read_styles(fib: Fib, tables: bytes) -> list[Style]:
    """Styles by number; empty where the stylesheet is not there."""
    sheet = fib.part(STYLES, tables)
    if len(sheet) < 6:
        return []
    at = 2 + int.from_bytes(sheet[0:2], "little")
    count = min(int.from_bytes(sheet[2:4], "little"), MAX_STYLES)
    fixed = int.from_bytes(sheet[4:6], "little")
    entries: list[_Entry | None] = []
    for _ in range(count):
        size = int.from_bytes(sheet[at : at + 2], "little")
        entries.append(_entry(sheet[at + 2 : at + 2 + size], fixed, fib.era) if size >= 8 else None)
        at += 2 + size + size % 2  # styles begin at even places
    return [_resolved(entries, n) for n in range(len(entries))]


def _entry(data: bytes, fixed: int, era: Era) -> _Entry:
    words = [int.from_bytes(data[n : n + 2], "little") for n in (0, 2, 4)]
    built_in, kind, base, updates = words[0] & 0xFFF, words[1] & 0xF, words[1] >> 4, words[2] & 0xF
    at = fixed if 8 <= fixed <= 64 else 10
    if era == "97":
        length = int.from_bytes(data[at : at + 2], "little")
        name = data[at + 2 : at + 2 + 2 * length].decode("utf-16-le", "replace")
        at += 4 + 2 * length
    else:
        length = data[at] if at < len(data) else 0
        name = data[at + 1 : at + 1 + length].decode("latin-1")
        at += 2 + length
    parts: list[bytes] = []
    for _ in range(min(updates, 3)):
        at += at % 2
        size = int.from_bytes(data[at : at + 2], "little")
        parts.append(data[at + 2 : at + 2 + size])
        at += 2 + size
    para = parts[0][2:] if kind == _PARAGRAPH and parts else b""
    char = (
        parts[1]
        if kind == _PARAGRAPH and len(parts) > 1
        else parts[0]
        if kind == _CHARACTER and parts
        else b""
    )
    paragraph, look = para_look(0, para, era), char_look(char, era)
    return _Entry(
        kind,
        base,
        _level(built_in, name.lower(), paragraph.outline) if kind == _PARAGRAPH else 0,
        look.hidden,
        look.font,
        paragraph.list_number,
        paragraph.list_level,
    )  # fmt: skip


def _level(built_in: int, name: str, outline: int | None) -> int | None:
    """Heading level of a paragraph style, 0 for body text, None where the style below it decides."""
    if 1 <= built_in <= 9:
        return built_in
    name = name.split(",", maxsplit=1)[0].strip()
    if built_in == _TITLE or name in _TITLES:
        return 1
    if match := _HEADING.fullmatch(name):
        return int(match.group(1))
    if outline is not None:
        return outline + 1 if outline < 9 else 0
    return None


def _resolved(entries: list[_Entry | None], number: int) -> Style:
    chain: list[_Entry] = []
    seen: set[int] = set()
    while number < len(entries) and number not in seen and len(chain) < 16:
        seen.add(number)
        entry = entries[number]
        if entry is None:
            break
        chain.append(entry)
        number = entry.base
    hidden = False
    for entry in reversed(chain):
        if entry.hidden is not None:
            hidden = bool(entry.hidden & 1) != (hidden and entry.hidden >= 0x80)
    return Style(
        level=next((e.level for e in chain if e.level is not None), 0),
        hidden=hidden,
        font=next((e.font for e in chain if e.font is not None), 0),
        list_number=next((e.list_number for e in chain if e.list_number is not None), 0),
        list_level=next((e.list_level for e in chain if e.list_level is not None), 0),
    )


def read_fonts(fib: Fib, tables: bytes) -> list[Font]:
    """Fonts by number, as far as the table is sound."""
    table = fib.part(FONTS, tables)
    at = 4 if fib.era == "97" else 2
    fonts: list[Font] = []
    while at + 6 < len(table) and len(fonts) < MAX_STYLES:
        size = table[at]
        entry = table[at + 1 : at + 1 + size]
        if size < 5:
            break
        if fib.era == "97":
            name = entry[39:].decode("utf-16-le", "replace")
        else:
            name = entry[5:].decode("gb18030", "replace")
        fonts.append(Font(name.split("\0")[0].strip(), entry[3]))
        at += 1 + size
    return fonts
