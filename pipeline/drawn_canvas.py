"""Canvases drawn with characters: which pieces of a line stand in which box.

    ┌──────────┬──────────┐        +----------+----------+
    │ 重要伙伴 │ 关键业务 │        | 成本结构 | 收入来源 |
    │ 代工厂   │ 研发     │        | 房租     | 会员费   |
    └──────────┴──────────┘        +----------+----------+

A box is a column of cells between two lines that close it. Tables of Markdown are no drawings.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

VERTICAL = "│┃║|｜┆┊╎╏"
_BORDER_CHARS = "─━═┄┅┈┉╌╍-=_"
_JOINTS = "┌┐└┘├┤┬┴┼╔╗╚╝╠╣╦╩╬┏┓┗┛┣┫┳┻╋╭╮╯╰+╒╕╘╛╞╡╤╧╪"
_EDGE = re.compile(f"[{re.escape(VERTICAL + _JOINTS)}]")
_RULE = re.compile(rf"^\s*[{re.escape(_JOINTS)}][{re.escape(_JOINTS + _BORDER_CHARS + VERTICAL)}\s]{{3,}}$")
_RUN = re.compile(f"[{re.escape(_BORDER_CHARS)}]{{2,}}")
_MARKDOWN_RULE = re.compile(r"^\s*\|(?:\s*:?-{2,}:?\s*\|)+\s*$")
MAX_WIDTH, MAX_CELLS = 1_000, 24
MIN_LINES = 3


@dataclass(frozen=True, slots=True)
class Cell:
    """A piece of a drawn line: its span in the text and the box it stands in (from 1)."""

    start: int
    end: int
    box: int


@dataclass(slots=True)
class _Box:
    number: int
    left: int  # columns on the page
    right: int


def find_cells(text: str) -> tuple[list[tuple[int, int]], list[Cell]]:
    """(spans of the drawn lines, their cells in the order of the text); boxes are numbered through."""
    if not _EDGE.search(text):
        return [], []
    spans: list[tuple[int, int]] = []
    cells: list[Cell] = []
    boxes = 0
    for block in _blocks(text):
        drawn = _Drawing(boxes)
        found = [cell for start, line in block for cell in drawn.read(start, line)]
        if len({c.box for c in found}) >= 2:
            spans += [(start, start + len(line)) for start, line in block]
            cells += found
            boxes = drawn.boxes
    return spans, cells


def _blocks(text: str) -> list[list[tuple[int, str]]]:
    """Runs of lines that make up a drawing: all have an upright line or are a horizontal one, and
    one of them is, or all use the signs that only drawings use."""
    found: list[list[tuple[int, str]]] = []
    block: list[tuple[int, str]] = []
    offset = 0
    for line in [*text.split("\n"), ""]:
        if len(line) <= MAX_WIDTH and (_is_rule(line) or _has_cells(line)):
            block.append((offset, line))
        else:
            if len(block) >= MIN_LINES and _is_drawing([x for _, x in block]):
                found.append(block)
            block = []
        offset += len(line) + 1
    return found


def _is_rule(line: str) -> bool:
    return _RULE.match(line) is not None and _RUN.search(line) is not None


def _has_cells(line: str) -> bool:
    return sum(char in VERTICAL + _JOINTS for char in line) >= 2 and any(char in VERTICAL for char in line)


def _is_drawing(lines: Sequence[str]) -> bool:
    if any(_MARKDOWN_RULE.match(line) for line in lines):
        return False
    rules = sum(_is_rule(line) for line in lines)
    boxed = sum(any(char in "│┃║" for char in line) for line in lines)
    return (rules >= 1 and len(lines) - rules >= 1) or boxed == len(lines)


class _Drawing:
    """The boxes that are open as a drawing is read line by line."""

    def __init__(self, boxes: int) -> None:
        self.boxes = boxes
        self.open: list[_Box] = []

    def read(self, start: int, line: str) -> list[Cell]:
        """The cells with text of one line; lines drawn across close the boxes above them."""
        found: list[Cell] = []
        parts = _parts(line)
        holding = [part for part in parts if not _closes(line[part[0] : part[1]])]
        for first, last, left, right in parts:
            if _closes(line[first:last]):
                self.open = [box for box in self.open if not _overlap(box, left, right)]
        for order, (first, last, left, right) in enumerate(holding):
            box = self._box_of(order, len(holding), left, right)
            body = line[first:last]
            begin = first + len(body) - len(body.lstrip())
            if body.strip():
                found.append(Cell(start + begin, start + begin + len(body.strip()), box.number))
        return found

    def _box_of(self, order: int, count: int, left: int, right: int) -> _Box:
        """The open box over these columns: by place where the counts agree (widths of characters
        differ between fonts), else by overlap, else a new one."""
        if count == len(self.open) and _overlap(self.open[order], left, right):
            return self.open[order]
        best = max(self.open, key=lambda box: _shared(box, left, right), default=None)
        if best is not None and 2 * _shared(best, left, right) > right - left:
            return best
        self.boxes += 1
        box = _Box(self.boxes, left, right)
        self.open = sorted([*self.open, box], key=lambda b: b.left)
        return box


def _parts(line: str) -> list[tuple[int, int, int, int]]:
    """(first, last, left column, right column) of the stretches between upright lines and joints."""
    parts: list[tuple[int, int, int, int]] = []
    column = left = first = 0
    opened = False
    edges = VERTICAL + (_JOINTS if _is_rule(line) or _RUN.search(line) else _JOINTS.replace("+", ""))
    for index, char in enumerate(line):
        if char in edges:
            if opened and index > first and len(parts) < MAX_CELLS:
                parts.append((first, index, left, column))
            opened, first, left = True, index + 1, column + 1
        column += 2 if char > "\u1fff" and not "\u2500" <= char <= "\u257f" else 1
    if opened and line[first:].strip() and len(parts) < MAX_CELLS:
        parts.append((first, len(line), left, column))
    return parts


def _closes(body: str) -> bool:
    return bool(body.strip()) and not body.strip(_BORDER_CHARS + _JOINTS + " \t")


def _shared(box: _Box, left: int, right: int) -> int:
    return min(box.right, right) - max(box.left, left)


def _overlap(box: _Box, left: int, right: int) -> bool:
    return _shared(box, left, right) > 0
