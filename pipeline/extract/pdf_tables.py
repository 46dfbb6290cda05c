"""Ruled tables of a PDF page as rows, and canvases drawn as a table as headings with their lines.

The ruling lines are PDFium's, so that no page is parsed twice; what they enclose is found by
pdfplumber's table finder; the text of a cell is made of PDFium's characters inside it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from pipeline.blocks import name_to_codes
from pipeline.extract.pdf_layout import GUTTER, Box, Glyphs, rulings_of
from pipeline.extract.pdf_lines import SPACE, Line, has_space
from pipeline.extract.pdf_page import TAB, Entry, entry_of

MAX_GLYPHS = 5_000
MAX_LINES = 2_000
MAX_CROSSINGS = 60_000  # of vertical with horizontal edges: pdfplumber looks at each
MAX_POINTS = 900  # crossings that exist: its search for cells is quadratic in them
MIN_POINTS = 9
MIN_RULES = 3
MAX_TABLES = 12
TOLERANCE = 3.0
MAX_CELL_LINES = 14  # a cell with more is a column or frame of the page, unless it is a canvas
CANVAS_NAMES = 4
FULL = 0.75  # of the width of its cell: a shorter line is not wrapped
MAX_TURNED = 0.1  # of the characters: above it the page is a drawing
_LEAD = re.compile(r"^[\s·•●■□\d.、（(一二三四五六七八九]{0,6}")
_TAIL = re.compile(r"[\s：:（(）)A-Za-z&]*$")
_BULLET = frozenset("·•●■□◆◇▪►-–—*①②③④⑤⑥⑦⑧⑨⑩")
_WIDE = re.compile("[\u2014-\u201d\u2026\u3001-\u303f\u3400-\u9fff\uff01-\uff5e]")


@dataclass(slots=True)
class _Cell:
    box: Box
    lines: list[list[int]]


def entries_of(page: Any, glyphs: Glyphs, lines: Sequence[Line]) -> list[Entry] | None:
    """Lines with the ruled tables among them put into rows; None if there is no table."""
    if len(glyphs.ink) > MAX_GLYPHS or len(lines) > MAX_LINES:
        return None
    if sum(end - start for start, end in glyphs.odd) > MAX_TURNED * len(glyphs.text):
        return None
    rulings = rulings_of(page, glyphs.quarter)
    if not _cross(rulings):
        return None
    tables = [cells for cells in _tables(rulings) if _is_grid(cells)][:MAX_TABLES]
    while tables:
        placed = _placed(glyphs, lines, tables, _owners(glyphs, tables))
        if not isinstance(placed, int):
            return placed
        del tables[placed]
    return None


def _owners(glyphs: Glyphs, tables: list[list[Box]]) -> Any:
    """Table and cell of each character; -1 outside of all."""
    owner = np.full((len(glyphs.text), 2), -1, dtype=np.int32)
    middle_x = (glyphs.box[:, 0] + glyphs.box[:, 2]) / 2
    middle_y = (glyphs.box[:, 1] + glyphs.box[:, 3]) / 2
    for number, cells in enumerate(tables):
        for at, (left, top, right, bottom) in enumerate(cells):
            inside = (middle_x >= left) & (middle_x < right) & (middle_y >= top) & (middle_y < bottom)
            owner[inside] = number, at
    blank = np.ones(len(glyphs.text), dtype=np.bool_)
    blank[glyphs.ink] = False
    owner[blank] = -1
    return owner


def _cross(rulings: list[Box]) -> bool:
    """Whether enough rulings meet for a table of two rows and two columns: at nine points."""
    level = np.array([(x0, x1, y0) for x0, y0, x1, y1 in rulings if x1 - x0 > y1 - y0])
    upright = np.array([(y0, y1, x0) for x0, y0, x1, y1 in rulings if x1 - x0 <= y1 - y0])
    if not (len(level) and len(upright)) or len(level) * len(upright) > MAX_CROSSINGS * 10:
        return False
    x, y = upright[:, 2], level[:, 2]
    meet = (
        (level[:, :1] - TOLERANCE <= x)
        & (x <= level[:, 1:2] + TOLERANCE)
        & (upright[:, 0] - TOLERANCE <= y[:, None])
        & (y[:, None] <= upright[:, 1] + TOLERANCE)
    )
    columns = np.unique(np.round(x[meet.any(axis=0)] / TOLERANCE))
    rows = np.unique(np.round(y[meet.any(axis=1)] / TOLERANCE))
    return min(len(columns), len(rows)) >= MIN_RULES and int(meet.sum()) >= MIN_POINTS


def _tables(rulings: list[Box]) -> list[list[Box]]:
    """Cells of each table that the rulings make, from top to bottom and left to right."""
    from pdfplumber import table as finder  # on the first page with rulings: importing it takes 0.3 s

    edges = [
        {
            "x0": x0, "x1": x1, "top": y0, "bottom": y1, "width": x1 - x0, "height": y1 - y0,
            "orientation": "h" if x1 - x0 > y1 - y0 else "v", "object_type": "line",
        }
        for x0, y0, x1, y1 in rulings
    ]  # fmt: skip
    joined = finder.merge_edges(edges, TOLERANCE, TOLERANCE, TOLERANCE, TOLERANCE)
    upright = sum(e["orientation"] == "v" for e in joined)
    if upright * (len(joined) - upright) > MAX_CROSSINGS:
        return []
    points = finder.edges_to_intersections(joined, TOLERANCE, TOLERANCE)
    if len(points) > MAX_POINTS:
        return []
    cells = finder.intersections_to_cells(points)
    return [
        sorted(cells_of_one, key=lambda c: (round(float(c[1])), float(c[0])))
        for cells_of_one in (finder.cells_to_tables(cells) if cells else [])
    ]


def _is_grid(cells: list[Box]) -> bool:
    return len({round(c[0]) for c in cells}) > 1 and len({round(c[1]) for c in cells}) > 1


def _placed(
    glyphs: Glyphs, lines: Sequence[Line], tables: list[list[Box]], owner: Any
) -> list[Entry] | int | None:
    """Lines outside the tables, and each table where its first character stands; None where they
    hold nothing, the number of a table that is none."""
    contents = [[_Cell(box, []) for box in cells] for cells in tables]
    torn = [0] * len(tables)
    slots: list[Entry | int] = []
    for line in lines:
        inked = [i for i in line.order if i >= 0 and (owner[i, 0] >= 0 or not glyphs.text[i].isspace())]
        if not any(owner[i, 0] >= 0 for i in inked):
            slots.append(entry_of(line))
            continue
        last = (-2, -2)
        outside: list[int] = []
        before = inked[0]
        for index in inked:
            table, at = int(owner[index, 0]), int(owner[index, 1])
            gap = float(glyphs.box[index, 0] - glyphs.box[before, 2])
            if last[0] != -2 and last != (table, at) and gap < 0.25 * glyphs.height(index):
                torn[max(table, last[0])] += 1  # a word runs over the border: it is none
            before, previous, last = index, last, (table, at)
            if table < 0:
                outside.append(index)
                continue
            cell = contents[table][at]
            if (table, at) != previous:
                cell.lines.append([])
            if table not in slots:
                slots.append(table)
            cell.lines[-1].append(index)
        if outside:
            slots.append(Entry(outside))
    found: list[Entry] = []
    rows = 0
    for slot in slots:
        if isinstance(slot, Entry):
            found.append(slot)
            continue
        filled = sum(bool(cell.lines) for cell in contents[slot])
        made = None if torn[slot] > 1 + 0.1 * filled else _rows(glyphs, contents[slot])
        if made is None:
            return slot
        rows += len(made)
        found += made
    return found if rows else None


def _rows(glyphs: Glyphs, cells: list[_Cell]) -> list[Entry] | None:
    """One entry a row; a canvas gives a heading and lines for each of its boxes. None where the
    frame encloses running text. Cells come from top to bottom, left to right."""
    drawn = [cell for cell in cells if cell.lines]
    for cell in drawn:
        cell.lines = _spaced(glyphs, cell.lines)
    titles = {id(cell): name for cell in drawn if (name := _block_name(glyphs, cell.lines[0]))}
    if len(set(titles.values())) >= CANVAS_NAMES and _is_canvas(drawn, titles):
        return _canvas(glyphs, drawn, titles)
    rows: list[list[_Cell]] = []
    for cell in cells:
        if not rows or cell.box[1] - rows[-1][0].box[1] > TOLERANCE:
            rows.append([])
        rows[-1].append(cell)
    found: list[Entry] = []
    for row in rows:
        row.sort(key=lambda c: c.box[0])
        stacked = _stacked(glyphs, row)
        if not stacked and any(len(cell.lines) > MAX_CELL_LINES for cell in row):
            return None
        for number in range(stacked or 1):
            order: list[int] = []
            for cell in row:
                lines = cell.lines[number : number + 1] if stacked else cell.lines
                order += [*_joined(glyphs, lines), TAB]
            while order and order[-1] == TAB:
                order.pop()
            if order:
                found.append(Entry(order, kind="table"))
    return found


def _stacked(glyphs: Glyphs, row: list[_Cell]) -> int:
    """How many rows without a ruling between them stand in one: as many as each of its cells has
    lines, none of which fills it as a wrapped one does (columns without rulings aside); 0 if it is a single row."""
    filled = [cell for cell in row if cell.lines]
    counts = {len(cell.lines) for cell in filled}
    if len(filled) < 2 or len(counts) > 1 or counts == {1}:
        return 0
    for cell in filled:
        for line in cell.lines[:-1]:
            inked = [i for i in line if i >= 0]
            gap = max((float(glyphs.box[b, 0] - glyphs.box[a, 2]) for a, b in pairwise(inked)), default=0)
            width = float(glyphs.box[inked[-1], 2] - glyphs.box[inked[0], 0])
            if width > FULL * (cell.box[2] - cell.box[0]) and gap < GUTTER * glyphs.height(inked[0]):
                return 0
    return counts.pop()


def _is_canvas(cells: list[_Cell], titles: dict[int, str]) -> bool:
    """Whether the boxes of the nine blocks are cells. A table with a row for each block, its name
    in the first cell, is none: its rows say themselves what they are about."""
    first = min(c.box[0] for c in cells)
    named = [c for c in cells if id(c) in titles]
    in_rows = [c for c in named if abs(c.box[0] - first) < TOLERANCE and len(c.lines) == 1]
    return len(in_rows) < 0.8 * len(named)


def _canvas(glyphs: Glyphs, cells: list[_Cell], titles: dict[int, str]) -> list[Entry]:
    found: list[Entry] = []
    done: set[int] = set()
    for cell in cells:
        if id(cell) in done:
            continue
        if id(cell) not in titles:
            found += [Entry(line) for line in _unwrapped(glyphs, cell, cell.lines)]
            continue
        head, *content = cell.lines
        found.append(Entry(head, kind="heading", level=2))
        found += [Entry(line) for line in _unwrapped(glyphs, cell, content)]
        if not content:
            for other in cells:  # names in one row, what they hold in the row below
                under = (
                    abs(other.box[1] - cell.box[3]) < TOLERANCE
                    and abs(other.box[0] - cell.box[0]) < TOLERANCE
                )
                if under and id(other) not in titles:
                    found += [Entry(line) for line in _unwrapped(glyphs, other, other.lines)]
                    done.add(id(other))
    return found


def _unwrapped(glyphs: Glyphs, cell: _Cell, lines: list[list[int]]) -> list[list[int]]:
    """Lines of a box, a wrapped one with what it goes on in: it reaches the border, and no bullet
    or number begins the next."""
    found: list[list[int]] = []
    for line in lines:
        last = found[-1][-1] if found else -1
        room = cell.box[2] - float(glyphs.box[last, 2])
        if found and room < 2 * glyphs.height(last) and not _starts_new(glyphs, last, line[0]):
            found[-1] = _joined(glyphs, [found[-1], line])
        else:
            found.append(line)
    return found


def _starts_new(glyphs: Glyphs, last: int, first: int) -> bool:
    return glyphs.text[last] in "。；！？" or glyphs.text[first] in _BULLET or glyphs.text[first].isdigit()


def _block_name(glyphs: Glyphs, line: list[int]) -> str:
    """The block that a line is the name of, else empty."""
    text = "".join(glyphs.text[i] for i in line if i >= 0)
    name = _TAIL.sub("", _LEAD.sub("", text))
    return name if name in name_to_codes() else ""


def _spaced(glyphs: Glyphs, lines: list[list[int]]) -> list[list[int]]:
    """Lines of a cell with the spaces that stand between their words."""
    found: list[list[int]] = []
    for line in lines:
        spaced = [line[0]]
        for before, after in pairwise(line):
            if has_space(glyphs, before, after):
                spaced.append(SPACE)
            spaced.append(after)
        found.append(spaced)
    return found


def _joined(glyphs: Glyphs, lines: list[list[int]]) -> list[int]:
    """The lines of a wrapped cell as one, with a space where words or bullets need it."""
    joined = list(lines[0]) if lines else []
    for line in lines[1:]:
        before, after = glyphs.text[joined[-1]], glyphs.text[line[0]]
        if after in _BULLET or not (_WIDE.match(before) and _WIDE.match(after)):
            joined.append(SPACE)
        joined += line
    return joined
