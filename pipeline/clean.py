"""Pages -> file text: furniture found, hard-wrapped lines joined, spaces in words repaired.

Nothing is dropped: a running head that interrupts a sentence moves behind the paragraph and is
marked `furniture`. Every character keeps the way back to its page and raw offset, and every rule
that was used is listed (`repairs`): those of single characters in `characters`, of page furniture
in `furniture`, of line ends in `joins`; `close_spaces` is here.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence

from pipeline.blocks import name_to_codes
from pipeline.characters import repair, replaced_in, rule_of
from pipeline.furniture import find_furniture, move_furniture
from pipeline.joins import find_joins
from pipeline.lines import BREAKS, LINE, Line, lines_of
from pipeline.records import FileText, Mark, Origin, Page
from pipeline.repairs import Repair, short

HAN = "\u3400-\u9fff"
_SPACE_IN_WORD = re.compile(rf"(?<=[{HAN}，。、；：！？“”（）])[ \t]+(?=[{HAN}，。、；：！？“”（）])")

MAX_CELL = 64  # characters looked at on each side of a space


def clean(pages: Sequence[Page]) -> FileText:
    """The file text of pages, with the map back; see the module for the rules."""
    return clean_listing(pages)[0]


def clean_listing(pages: Sequence[Page]) -> tuple[FileText, tuple[Repair, ...]]:
    """The file text of pages, and every repair that was made to come to it."""
    repairs: list[Repair] = [r for page in pages for r in _character_repairs(page)]
    lines = [line for page in pages for line in lines_of(page)]
    find_furniture(lines, len(pages))
    repairs += [Repair(x.furniture, x.page, short(x.text), "[furniture]") for x in lines if x.furniture]
    lines, moved = move_furniture(lines)
    for line, before in moved:
        shown = short(before.text, end=True)
        repairs.append(Repair("join_pages", line.page, f"{shown} ⏎ {line.text[:20]}", f"{shown} …"))
    for line in lines:
        text = line.text
        if closed := _close_spaces(line):
            repairs.append(Repair("close_spaces", line.page, short(text), short(line.text), closed))
    joins = find_joins(lines)
    for index, rule in sorted(joins.items()):
        left, right = short(lines[index].text, end=True), short(lines[index + 1].text)
        repairs.append(Repair(rule, lines[index].page, f"{left} ⏎ {right}", f"{left[-12:]}{right[:12]}"))
    return _write(lines, set(joins)), tuple(repairs)


def _character_repairs(page: Page) -> Iterator[Repair]:
    """One repair for each rule and line in which single characters were replaced."""
    if page.text.isascii() and page.text.isprintable():
        return
    for match in LINE.finditer(page.text):
        body = match.group().rstrip(BREAKS)
        if body.isascii() and body.isprintable():
            continue
        replaced = replaced_in(body)
        counts = Counter[str]()
        times_of = Counter(body) if replaced else Counter[str]()
        for char in replaced:
            counts[rule_of(char)] += times_of[char]
        if not unicodedata.is_normalized("NFC", body):
            counts["composed"] = 1  # counted by the line
        for rule, times in sorted(counts.items()):
            first = min((body.index(c) for c in replaced if rule_of(c) == rule), default=0)
            before = body[max(0, first - 8) : first + 20]
            shown = "".join(f"⟨U+{ord(c):04X}⟩" if c in replaced else c for c in before)
            yield Repair(rule, page.number, shown, repair(before)[0], times)


def _close_spaces(line: Line) -> int:
    """close_spaces: a space between two Han characters goes where it splits a sentence (a long
    line) or the name of a block; in short lines it separates the cells of a slide. Returns how
    many went."""
    if (" " not in line.text and "\t" not in line.text) or line.marks or line.drawn:
        return 0
    names = name_to_codes()
    text = line.text
    prose = len(text) >= 20 and re.search(r"[，。,；]", text) is not None
    keep: list[int] = []
    last = closed = 0
    for match in _SPACE_IN_WORD.finditer(text):
        start, end = match.start(), match.end()
        left = text[max(0, start - MAX_CELL) : start].rpartition(" ")[2].rpartition("\t")[2]
        right = text[end : end + MAX_CELL].partition(" ")[0].partition("\t")[0]
        single = min(len(left), len(right)) == 1 and len(match.group()) == 1
        if (prose and len(match.group()) <= 2) or left + right in names or single:
            keep += range(last, start)
            last = end
            closed += 1
    if last:
        keep += range(last, len(text))
        line.offsets = [line.offsets[i] for i in keep]
        line.text = "".join(text[i] for i in keep)
    return closed


def _write(lines: Sequence[Line], joins: set[int]) -> FileText:
    pieces: list[str] = []
    origins: list[Origin] = []
    marks: list[Mark] = []
    length = 0
    for index, line in enumerate(lines):
        text, offsets = line.text, line.offsets
        if length and pieces and not pieces[-1].endswith("\n"):  # continues a joined line
            cut = len(text) - len(text.lstrip())
            text, offsets = text[cut:], offsets[cut:]
            if _latin(pieces[-1][-1:]) and _latin(text[:1]):
                pieces.append(" ")
                length += 1
        start = length
        _add_origins(origins, start, line.page, offsets)
        pieces.append(text)
        length += len(text)
        if text.strip():
            marks.extend(Mark(start, length, mark.kind, mark.level) for mark in line.marks)
        if line.furniture and text.strip():
            marks.append(Mark(start, length, "furniture"))
        if index not in joins:
            pieces.append("\n")
            length += 1
    text = "".join(pieces)
    runs = tuple(origins)
    return FileText(text, runs, tuple(marks), tuple(o.start for o in runs))


def _latin(char: str) -> bool:
    return char.isascii() and char.isalnum()


def _add_origins(origins: list[Origin], start: int, page: int, offsets: Sequence[int]) -> None:
    if isinstance(offsets, range):
        if offsets:
            origins.append(Origin(start, page, offsets[0], len(offsets)))
        return
    run = 0
    for i in range(1, len(offsets) + 1):
        if i == len(offsets) or offsets[i] != offsets[i - 1] + 1:
            if i > run:
                origins.append(Origin(start + run, page, offsets[run], i - run))
            run = i
