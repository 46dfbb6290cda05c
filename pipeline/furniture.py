"""Page furniture: running heads, page numbers and lines that every page repeats.

`furniture_repeated`     a line at the edge of a page that stands on many pages
`furniture_page_number`  a number alone at the edge of a page, or 第 3 页 共 9 页 anywhere
`join_pages`             furniture between two halves of a sentence goes behind the second half
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from pipeline.lines import Line

TERMINAL = "。！？!?；;：:…”’」』）)】》"
_PAGE_NUMBER = re.compile(
    r"\s*(?:[-–—~·]\s*)?(?:第\s*)?(?:\d{1,2}-){0,2}\d{1,4}\s*(?:页)?(?:\s*[/／,，]?\s*(?:共\s*)?\d{1,4}\s*页?)?(?:\s*[-–—~·])?\s*"
)
_SURE_NUMBER = re.compile(
    r"\s*(?:第\s*\d{1,4}\s*页(?:\s*[/／,，]?\s*共\s*\d{1,4}\s*页)?|[-–—]\s*\d{1,4}\s*[-–—]|\d{1,4}\s*[/／]\s*\d{1,4})\s*"
)
MIN_SHEETS, MIN_SHEET_LINES = 3, 4
MAX_SHAPE = 60


def find_furniture(lines: Sequence[Line], pages: int) -> None:
    """Name the rule in `furniture` of each line that is page furniture.

    Repeated is a line among the first or last three of a page that stands, digits aside, on at
    least three pages and a third of all.
    """
    if pages == 1 and lines and not lines[0].flows:
        pages = _find_sheets(lines)
    if pages == 1:
        return
    by_sheet: dict[int, list[Line]] = {}
    for line in lines:
        if not line.blank:
            by_sheet.setdefault(line.sheet, []).append(line)
    edges: list[Line] = []
    seen: Counter[str] = Counter()
    for sheet in by_sheet.values():
        edge = sheet[:3] + sheet[3:][-3:]
        edges += edge
        seen.update({_shape(x.text) for x in edge})
        for line in (sheet[0], sheet[-1]):
            if len(line.text) <= 40 and _PAGE_NUMBER.fullmatch(line.text) and not line.marks:
                line.furniture = "furniture_page_number"
    for line in edges:
        shape = _shape(line.text)
        often = seen[shape] >= max(3, pages / 3) or (pages == 2 and seen[shape] == 2 and len(shape) <= 30)
        if often and len(shape) <= MAX_SHAPE and not line.marks and not line.furniture:
            line.furniture = "furniture_repeated"


def _shape(text: str) -> str:
    return re.sub(r"\d+", "#", " ".join(text[: 4 * MAX_SHAPE].split()))


def _find_sheets(lines: Sequence[Line]) -> int:
    """Number the sheets of a text that was printed to one file: lone numbers, each one more than
    the last, with running text between, are its page numbers. Returns how many sheets there are."""
    numbers: list[tuple[int, int, int]] = []  # (index, the number, non-blank lines before it)
    standing = 0
    for index, line in enumerate(lines):
        if line.blank:
            continue
        if not line.marks and len(line.text) <= 12 and _SURE_NUMBER.fullmatch(line.text):
            line.furniture = "furniture_page_number"
        text = line.text.strip()
        if len(text) <= 4 and text.isdecimal() and not line.marks:
            numbers.append((index, int(text), standing))
        standing += 1
    run: list[tuple[int, int, int]] = []
    sheets = 1
    for number in [*numbers, (len(lines), -1, standing)]:
        if run and number[1] == run[-1][1] + 1 and number[2] - run[-1][2] > MIN_SHEET_LINES:
            run.append(number)
            continue
        if len(run) >= MIN_SHEETS:
            for at, (index, _, _) in enumerate(run):
                lines[index].furniture = "furniture_page_number"
                last = run[at + 1][0] if at + 1 < len(run) else len(lines) - 1
                for line in lines[index + 1 : last + 1]:
                    line.sheet = lines[0].page + sheets
                sheets += 1
        run = [number]
    return sheets


def move_furniture(lines: Sequence[Line]) -> tuple[list[Line], list[tuple[Line, Line]]]:
    """The lines with furniture inside a sentence moved behind it, and (furniture, line before it)
    for each that moved."""
    ordered: list[Line] = []
    waiting: list[Line] = []
    moved: list[tuple[Line, Line]] = []
    before: Line | None = None  # the last line of text
    for index, line in enumerate(lines):
        if line.furniture:
            if before is not None and before.text[-1] not in TERMINAL:
                waiting.append(line)
            else:
                ordered.append(line)
            continue
        if waiting and line.blank:
            continue  # blank lines around furniture go with it
        ordered.append(line)
        if waiting and (line.text[-1:] in TERMINAL or _paragraph_ends(lines, index)):
            moved += [(x, before) for x in waiting if before is not None]
            ordered += waiting
            waiting = []
        if not line.blank:
            before = line
    return ordered + waiting, moved


def _paragraph_ends(lines: Sequence[Line], index: int) -> bool:
    """Whether a blank line or nothing follows, furniture aside."""
    for at in range(index + 1, len(lines)):
        if not lines[at].furniture:
            return lines[at].blank
    return True
