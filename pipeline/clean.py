"""Pages -> file text: furniture found, hard-wrapped lines joined, spaces in words repaired.

Nothing is dropped: a running head that interrupts a sentence moves behind the paragraph and is
marked `furniture`. Every character keeps the way back to its page and raw offset.

Rules: `furniture_repeated`, `furniture_page_number`, `join_wrapped`, `join_pages`,
`close_spaces`; the rules for single characters are in `characters`.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from pipeline.blocks import name_to_codes
from pipeline.characters import repair
from pipeline.records import FileText, Mark, Origin, Page

HAN = "\u3400-\u9fff"
TERMINAL = "。！？!?；;：:…”’」』）)】》"
_LINE = re.compile(r"[^\n\r\x0b\x0c\x85]*(?:\r\n|[\n\r\x0b\x0c\x85]|$)")
_PAGE_NUMBER = re.compile(
    r"\s*(?:[-–—~·]\s*)?(?:第\s*)?(?:\d{1,2}-){0,2}\d{1,4}\s*(?:页)?(?:\s*[/／,，]?\s*(?:共\s*)?\d{1,4}\s*页?)?(?:\s*[-–—~·])?\s*"
)
_STARTS_NEW = re.compile(
    r"\s*(?:[#>•·●■□◆◇▪►★☆※✓√]|[-*+–—]\s|[\d０-９]{1,3}\s*(?:[、)）]|[.．](?!\d))|[（(]\s*[一二三四五六七八九十\d]{1,3}\s*[)）]|"
    r"[一二三四五六七八九十]{1,3}[、.．]|第[一二三四五六七八九十百\d]{1,4}[章节篇部]|[①-⑳]|[【《]|\||注[:：]|图\s*\d|表\s*\d)"
)
_SPACE_IN_WORD = re.compile(rf"(?<=[{HAN}，。、；：！？“”（）])[ \t]+(?=[{HAN}，。、；：！？“”（）])")


@dataclass(slots=True)
class _Line:
    """A line of one page: its text, the page and raw offset of each character, and its kind."""

    text: str
    page: int
    offsets: Sequence[int]
    raw_end: int  # where the line ends in the raw page, its line break included
    marks: list[Mark] = field(default_factory=list)
    furniture: bool = False
    flows: bool = False

    @property
    def blank(self) -> bool:
        return not self.text.strip()


def clean(pages: Sequence[Page]) -> FileText:
    """The file text of pages, with the map back; see the module for the rules."""
    lines = [line for page in pages for line in _lines(page)]
    if len(pages) > 1:
        _find_furniture(lines, len(pages))
    lines = _move_furniture(lines)
    for line in lines:
        _close_spaces(line)
    joins = _find_joins(lines)
    return _write(lines, joins)


def _lines(page: Page) -> list[_Line]:
    found: list[_Line] = []
    pending = sorted(page.marks, key=lambda m: m.start, reverse=True)
    open_marks: list[Mark] = []
    for match in _LINE.finditer(page.text):
        if match.start() == match.end() == len(page.text):
            break
        body = match.group().rstrip("\n\r\x0b\x0c\x85")
        text, offsets = repair(body)
        stripped = text.rstrip()
        start = match.start()
        shifted: Sequence[int] = (
            range(start, start + len(stripped))
            if isinstance(offsets, range)
            else [start + o for o in offsets[: len(stripped)]]
        )
        while pending and pending[-1].start < match.end():
            open_marks.append(pending.pop())
        open_marks = [m for m in open_marks if m.end > start]
        marks = list(open_marks)
        found.append(_Line(stripped, page.number, shifted, match.end(), marks, flows=page.flows))
    return found


def _find_furniture(lines: list[_Line], pages: int) -> None:
    """furniture_repeated: a line among the first or last three of a page that stands, digits
    aside, on at least three pages and a third of all; furniture_page_number: a number alone."""
    edges: list[_Line] = []
    by_page: dict[int, list[_Line]] = {}
    for line in lines:
        if not line.blank:
            by_page.setdefault(line.page, []).append(line)
    seen: Counter[str] = Counter()
    for page_lines in by_page.values():
        edge = page_lines[:3] + page_lines[3:][-3:]
        edges += edge
        seen.update({re.sub(r"\d+", "#", " ".join(x.text.split())) for x in edge})
        for line in (page_lines[0], page_lines[-1]):
            if len(line.text) <= 40 and _PAGE_NUMBER.fullmatch(line.text) and not line.marks:
                line.furniture = True
    for line in edges:
        shape = re.sub(r"\d+", "#", " ".join(line.text.split()))
        often = seen[shape] >= max(3, pages / 3) or (pages == 2 and seen[shape] == 2 and len(shape) <= 30)
        if often and len(shape) <= 60 and not line.marks:
            line.furniture = True


def _move_furniture(lines: list[_Line]) -> list[_Line]:
    """join_pages: furniture between two halves of a sentence goes behind the second half."""
    ordered: list[_Line] = []
    waiting: list[_Line] = []
    for index, line in enumerate(lines):
        if line.furniture:
            before = next((x for x in reversed(ordered) if not x.blank), None)
            open_end = before is not None and before.text[-1] not in TERMINAL
            (waiting if open_end else ordered).append(line)
        elif waiting and line.blank:
            continue  # blank lines around furniture go with it
        else:
            ordered.append(line)
            if waiting and (line.text[-1:] in TERMINAL or _paragraph_ends(lines, index)):
                ordered += waiting
                waiting = []
    return ordered + waiting


def _paragraph_ends(lines: list[_Line], index: int) -> bool:
    """Whether a blank line or nothing follows, furniture aside."""
    for at in range(index + 1, len(lines)):
        if not lines[at].furniture:
            return lines[at].blank
    return True


def _close_spaces(line: _Line) -> None:
    """close_spaces: a space between two Han characters goes where it splits a sentence (a long
    line) or the name of a block; in short lines it separates the cells of a slide."""
    if (" " not in line.text and "\t" not in line.text) or line.marks:
        return
    names = name_to_codes()
    prose = len(line.text) >= 20 and re.search(r"[，。,；]", line.text) is not None
    keep: list[int] = []
    last = 0
    for match in _SPACE_IN_WORD.finditer(line.text):
        text, start, end = line.text, match.start(), match.end()
        left = text[max(text.rfind(" ", 0, start), text.rfind("\t", 0, start)) + 1 : start]
        stops = [at for at in (text.find(" ", end), text.find("\t", end)) if at >= 0]
        right = text[end : min(stops, default=len(text))]
        single = min(len(left), len(right)) == 1 and len(match.group()) == 1
        if (prose and len(match.group()) <= 2) or left + right in names or single:
            keep += range(last, match.start())
            last = match.end()
    if last:
        keep += range(last, len(line.text))
        line.offsets = [line.offsets[i] for i in keep]
        line.text = "".join(line.text[i] for i in keep)


MIN_FULL_WIDTH = 40  # columns; slides hold many unrelated lines that are shorter
WIDTH_SLACK = 6  # Latin letters and half-width punctuation make full lines differ by this much
MIN_ALIKE = 3
MIN_COLUMN_WIDTH, MIN_ALIKE_COLUMN = 28, 10  # a narrow column is one if many lines share its width


def width(text: str) -> int:
    """Columns on the page: a Han character takes two."""
    return sum(2 if char > "\u1fff" else 1 for char in text)  # “” — … are full width in Chinese


def _find_joins(lines: list[_Line]) -> set[int]:
    """join_wrapped: indices of lines that the next non-blank line continues.

    A line is wrapped if it is as wide as the usual full line around it and ends without a
    sentence end. Sites that put a blank line after each 。 cut the first part of a physical line
    off, so widths are counted since the last real line break.
    """
    measured: list[tuple[int, int]] = []  # (index, physical width) of lines that run on
    physical = 0
    after_split = False
    for index, line in enumerate(lines):
        if line.blank:
            continue
        own = width(line.text)
        physical = physical + own if after_split else own
        directly = index + 1 < len(lines) and not lines[index + 1].blank
        if directly and not line.furniture:
            measured.append((index, physical))
            after_split = False
        else:
            after_split = line.text[-1] in "。！？!?" and not line.furniture
            if line.text[-1] not in "。！？!?":
                physical = 0
    joins: set[int] = set()
    names = name_to_codes()
    indices = [i for i, _ in measured]
    previous = ""  # the non-blank line before: a repeated line is a title, never half a sentence
    for index, physical in measured:
        line, following = lines[index], lines[index + 1]
        previous = next((x.text for x in reversed(lines[max(0, index - 3) : index]) if not x.blank), "")
        if (
            line.flows
            or physical < MIN_COLUMN_WIDTH
            or line.text[-1] in TERMINAL
            or line.text == previous
            or line.marks
            or following.marks
            or following.furniture
            or following.text.strip() in names
            or _STARTS_NEW.match(following.text)
        ):
            continue
        near = slice(bisect_left(indices, index - 30), bisect_left(indices, index + 31))
        alike = sum(abs(other - physical) <= WIDTH_SLACK for _, other in measured[near])
        if alike >= (MIN_ALIKE if physical >= MIN_FULL_WIDTH else MIN_ALIKE_COLUMN):
            joins.add(index)
    return joins


def _write(lines: list[_Line], joins: set[int]) -> FileText:
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
