"""The order in which the lines of a PDF page are read: columns, and blocks that were drawn out of
order. What was drawn in a readable order stays as it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from pipeline.extract import quality
from pipeline.extract.pdf_layout import GUTTER, Glyphs
from pipeline.extract.pdf_lines import SPACE, Line, lies_in

MIN_STEPS = 4  # lines that jump over a gutter before it is one
MIN_COLUMN = 6  # sizes: a narrower column is a column of a table
FILLED = 0.6
"""Share of lines of a column that reach its right edge: hard-wrapped prose does, cells do not."""
MAX_LINES = 1_500
MAX_BLOCKS = 200
MAX_DEPTH = 8


@dataclass(slots=True)
class _Block:
    """Lines that were drawn one below the other."""

    lines: list[Line]
    left: float
    top: float
    right: float
    bottom: float

    def add(self, line: Line) -> None:
        self.lines.append(line)
        self.left, self.right = min(self.left, line.left), max(self.right, line.right)
        self.top, self.bottom = min(self.top, line.top), max(self.bottom, line.bottom)


def in_order(glyphs: Glyphs, lines: list[Line], *, notes: int | None = None) -> list[Line] | None:
    """Lines, cut at gutters, in reading order; None if they were drawn in it. Characters from the
    index `notes` on are what annotations show: they go where they stand on the page."""
    if not 1 < len(lines) <= MAX_LINES:
        return None
    of_page = lines if notes is None else [line for line in lines if line.order[0] < notes]
    pieces = [piece for line in of_page for piece in _cut_at_gaps(glyphs, line)]
    ordered = _by_columns(glyphs, pieces, depth=0)
    if all(a is b for a, b in zip(ordered, pieces, strict=True)):
        ordered = of_page  # no gutter: a gap in a line stays one
    moved = _by_blocks(ordered)
    if len(of_page) < len(lines):
        for note in lines:
            if note.order[0] >= (notes or 0):
                _place(note, moved)
    return (
        None if len(moved) == len(lines) and all(a is b for a, b in zip(moved, lines, strict=True)) else moved
    )


def _place(note: Line, lines: list[Line]) -> None:
    """Put a note into the lines: behind what stands left of it, else below what is above it."""
    beside = [
        (line.right, at)
        for at, line in enumerate(lines)
        if abs(line.middle - note.middle) < 0.6 * max(line.size, note.size) and line.left < note.left
    ]
    above = [(line.middle, at) for at, line in enumerate(lines) if line.middle < note.middle]
    if beside:
        at = max(beside)[1]
        note.row = lines[at].row
    else:
        at = max(above)[1] if above else -1
    lines.insert(at + 1, note)


def _cut_at_gaps(glyphs: Glyphs, line: Line) -> list[Line]:
    if line.fixed or line.right - line.left < 4 * line.size:
        return [line]
    order = line.order
    if isinstance(order, range):
        if not lies_in(glyphs.apart, order):
            return [line]
        first, last = np.searchsorted(glyphs.ink, (order.start, order.stop))
        at = glyphs.ink[first:last]
    else:
        at = np.array([i for i in order if i != SPACE], dtype=np.intp)
    wide = np.flatnonzero(glyphs.box[at[1:], 0] - glyphs.box[at[:-1], 2] > GUTTER * line.size)
    if not len(wide):
        return [line]
    pieces: list[Line] = []
    start = 0
    for end in (*(wide + 1).tolist(), len(at)):
        box = glyphs.box[at[start:end]]
        if isinstance(order, range):
            piece: Sequence[int] = range(int(at[start]), int(at[end - 1]) + 1)
        else:
            position = [order.index(int(at[start])), order.index(int(at[end - 1]))]
            piece = order[position[0] : position[1] + 1]
        left, top, right, bottom = (
            float(box[:, 0].min()),
            float(box[:, 1].min()),
            float(box[:, 2].max()),
            float(box[:, 3].max()),
        )
        pieces.append(Line(piece, left, top, right, bottom, line.size, line.row))
        start = end
    return pieces


def _by_columns(glyphs: Glyphs, pieces: list[Line], *, depth: int) -> list[Line]:
    """Pieces with the two sides of each gutter one after the other, where they were drawn line by
    line across it."""
    steps = [
        (a, b)
        for a, b in pairwise(pieces)
        if not (a.fixed or b.fixed)
        and b.left > a.right + GUTTER * min(a.size, b.size)
        and abs(a.middle - b.middle) < 1.2 * max(a.size, b.size)
    ]
    if len(steps) < MIN_STEPS or depth > MAX_DEPTH:
        return pieces
    gutter = _gutter(steps)
    if gutter is None:
        return pieces
    x, crossed = gutter
    inside, crossing = _region(pieces, crossed, x)
    if len(crossing) > 0.25 * len(crossed):
        return pieces
    bands: list[tuple[list[Line], list[Line]]] = [([], []) for _ in range(len(crossing) + 1)]
    for piece in inside:
        band = sum(line.middle < piece.middle for line in crossing)
        bands[band][piece.left >= x].append(piece)
    if not _are_columns(glyphs, bands):
        return pieces
    ordered: list[Line] = []
    for number, sides in enumerate(bands):
        for side in sides:
            ordered += _by_columns(glyphs, side, depth=depth + 1)
        ordered += crossing[number : number + 1]
    chosen = {id(piece) for piece in ordered}
    first = next(i for i, piece in enumerate(pieces) if id(piece) in chosen)
    before = [p for p in pieces[:first] if id(p) not in chosen]
    return before + ordered + [p for p in pieces[first:] if id(p) not in chosen]


def _gutter(steps: list[tuple[Line, Line]]) -> tuple[float, list[tuple[Line, Line]]] | None:
    """The x that most steps jump over, in the middle of what they leave free, and those steps."""
    events = sorted([(a.right, 0) for a, _ in steps] + [(b.left, 1) for _, b in steps])
    deep = most = 0
    at = 0.0
    for x, closes in events:
        deep += -1 if closes else 1
        if deep > most:
            most, at = deep, x
    over = [(a, b) for a, b in steps if a.right <= at < b.left]
    if len(over) < MIN_STEPS:
        return None
    x = (max(a.right for a, _ in over) + min(b.left for _, b in over)) / 2
    return x, over


def _region(pieces: list[Line], over: list[tuple[Line, Line]], x: float) -> tuple[list[Line], list[Line]]:
    """Pieces beside a gutter, in their order, and pieces across it, from top to bottom; the region
    goes on above and below its steps as far as lines follow closely without crossing."""
    upper = min(min(a.top, b.top) for a, b in over)
    lower = max(max(a.bottom, b.bottom) for a, b in over)

    def crosses(piece: Line) -> bool:
        return piece.left < x - 0.5 * piece.size and piece.right > x + 0.5 * piece.size

    by_top = sorted((p for p in pieces if not p.fixed), key=lambda p: p.middle)
    for piece in by_top:
        if piece.middle > lower:
            if crosses(piece) or piece.top - lower > 1.5 * piece.size:
                break
            lower = max(lower, piece.bottom)
    for piece in reversed(by_top):
        if piece.middle < upper:
            if crosses(piece) or upper - piece.bottom > 1.5 * piece.size:
                break
            upper = min(upper, piece.top)
    within = [p for p in pieces if not p.fixed and upper <= p.middle <= lower]
    inside = [p for p in within if not crosses(p)]
    return inside, sorted((p for p in within if crosses(p)), key=lambda p: p.middle)


def _are_columns(glyphs: Glyphs, bands: list[tuple[list[Line], list[Line]]]) -> bool:
    """Whether two sides are columns of text rather than of a table: lines fill them, and their
    ends go on, as Chinese, in the line below rather than beside it."""
    below = beside = below_pairs = beside_pairs = 0
    filled = lines = 0
    for left, right in bands:
        if len(left) < 2 or len(right) < 2:
            continue
        for side in (left, right):
            size = sum(p.size for p in side) / len(side)
            edge = max(p.right for p in side)
            if edge - min(p.left for p in side) < MIN_COLUMN * size:
                return False
            lines += len(side)
            filled += sum(p.right > edge - 2 * size for p in side)
            for a, b in pairwise(side):
                known = _goes_on(glyphs, a, b)
                below_pairs += known is not None
                below += bool(known)
        ordered = sorted(left + right, key=lambda p: (round(p.middle / max(1.0, p.size)), p.left))
        for a, b in pairwise(ordered):
            known = _goes_on(glyphs, a, b)
            beside_pairs += known is not None
            beside += bool(known)
    if not lines or filled < 0.4 * lines:
        return False
    if min(below_pairs, beside_pairs) >= 4:
        return below / below_pairs > beside / beside_pairs
    return filled >= FILLED * lines


def _goes_on(glyphs: Glyphs, one: Line, other: Line) -> bool | None:
    """Whether Chinese goes on from one line to another; None where one of them is not Chinese."""
    first, second = glyphs.text[one.order[-1]], glyphs.text[other.order[0]]
    if not ("\u3400" <= first <= "\u9fff" and "\u3400" <= second <= "\u9fff"):
        return None
    return quality.is_pair(first, second)


def _by_blocks(lines: list[Line]) -> list[Line]:
    """Lines with their blocks in reading order, if one was drawn above or left of what was drawn
    before it."""
    blocks: list[_Block] = []
    faults = 0
    previous: Line | None = None
    for line in lines:
        if previous is not None and (line.fixed or _follows(blocks[-1], previous, line)):
            blocks[-1].add(line) if not line.fixed else blocks[-1].lines.append(line)
        else:
            if previous is not None and _is_fault(blocks[-1], previous, line):
                faults += 1
            blocks.append(_Block([line], line.left, line.top, line.right, line.bottom))
        if not line.fixed or previous is None:
            previous = line
    if not faults or len(blocks) > MAX_BLOCKS:
        return lines
    return [line for block in _cut(blocks, 0) for line in block.lines]


def _follows(block: _Block, previous: Line, line: Line) -> bool:
    size = max(previous.size, line.size)
    if abs(line.middle - previous.middle) < 0.5 * size:
        return line.left >= previous.left
    below = line.middle - previous.middle > 0 and line.top - previous.bottom < 2.5 * size
    return below and line.left < block.right and line.right > block.left


def _is_fault(block: _Block, previous: Line, line: Line) -> bool:
    size = max(previous.size, line.size)
    if abs(line.middle - previous.middle) < 0.5 * size:
        return line.right <= previous.left
    above = line.middle < previous.middle - 0.7 * size
    return above and line.left < block.right - size


def _cut(blocks: list[_Block], depth: int) -> list[_Block]:
    """Blocks by the usual cuts: side by side where a gutter goes through all of them, else a strip
    off the top (or off the bottom, where that one is what crosses the gutter)."""
    head: list[_Block] = []
    tail: list[list[_Block]] = []
    rest = blocks
    while len(rest) > 1 and depth <= MAX_DEPTH:
        strips = _split(rest, 1)
        if len(strips) > 1 and _is_title(strips[0], rest):
            head += strips[0]
            rest = [b for strip in strips[1:] for b in strip]
            continue
        sides = _split(rest, 0)
        if len(sides) > 1:
            rest_ordered = [b for side in sides for b in _cut(side, depth + 1)]
            return head + rest_ordered + [b for strip in reversed(tail) for b in strip]
        if len(strips) == 1:
            break
        if len(strips[0]) > 1 and len(strips[-1]) == 1:
            tail.append(strips[-1])
            rest = [b for strip in strips[:-1] for b in strip]
        else:
            head += _cut(strips[0], depth + 1)
            rest = [b for strip in strips[1:] for b in strip]
    return head + rest + [b for strip in reversed(tail) for b in strip]


def _is_title(strip: list[_Block], blocks: list[_Block]) -> bool:
    """Whether a strip is one block in larger type than what follows, or in the middle above it."""
    if len(strip) > 1 or len(strip[0].lines) > 2:
        return False
    sizes = sorted(block.lines[0].size for block in blocks)
    left, right = min(b.left for b in blocks), max(b.right for b in blocks)
    centred = abs((strip[0].left + strip[0].right) - (left + right)) < 0.1 * (right - left)
    return centred or strip[0].lines[0].size > 1.2 * sizes[len(sizes) // 2]


def _split(blocks: list[_Block], axis: int) -> list[list[_Block]]:
    """Blocks apart where nothing of them projects on the axis (0 across, 1 down); parts keep the
    drawn order of their blocks."""
    spans = [((b.left, b.right), (b.top, b.bottom))[axis] for b in blocks]
    # lines of one paragraph touch; a gap of two points between blocks is one
    slack = 0.0 if axis == 0 else -1.5
    by_start = sorted(range(len(blocks)), key=lambda i: spans[i])
    parts: list[list[int]] = []
    reach = float("-inf")
    for index in by_start:
        start, end = spans[index]
        if start > reach + slack or not parts:
            parts.append([])
        parts[-1].append(index)
        reach = max(reach, end)
    return [[blocks[i] for i in sorted(part)] for part in parts]
