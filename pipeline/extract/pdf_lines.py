"""The lines that a reader sees on a PDF page.

PDFium gives characters in the order in which they were drawn. Their boxes show what belongs to one
line: letters of a formula drawn font by font, words drawn twice to look bold, columns of vertical
text, and gaps between Chinese characters that are no spaces.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from pipeline.extract.pdf_layout import Glyphs

SPACE = -1
"""Stands in an order of indices for a space that the page shows and PDFium does not."""
MAX_GROUP = 3_000
MAX_ROWS = 60
REACH = 6  # sizes that a formula goes up and down
LOOK_BACK = 8
_RIGHT_TO_LEFT = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]")
_WIDE = re.compile("[\u3001-\u303f\u3400-\u9fff\uff01-\uff5e“”‘’…—]")


@dataclass(slots=True)
class Line:
    """What a reader sees as one line, or a piece of one: PDFium indices in reading order."""

    order: Sequence[int]
    left: float
    top: float
    right: float
    bottom: float
    size: float
    row: int  # pieces of one line share it
    fixed: bool = False  # stacked or turned: not compared with its neighbours

    @property
    def middle(self) -> float:
        return (self.top + self.bottom) / 2


@dataclass(frozen=True, slots=True)
class _Group:
    """Lines that stand beside each other, and what they reach."""

    lines: list[Line]
    top: float
    bottom: float


def drawn_lines(glyphs: Glyphs) -> list[Line]:
    """Runs of characters that were drawn one beside the other (or, upright, one below the other)."""
    ink, text = glyphs.ink, glyphs.text
    left, top, right, bottom = (glyphs.box[ink, side] for side in range(4))
    size = bottom - top
    breaks = np.cumsum(np.frombuffer(text.encode("utf-32-le"), dtype=np.uint32) == 10)[ink]
    common = np.minimum(bottom[1:], bottom[:-1]) - np.maximum(top[1:], top[:-1])
    smaller = np.minimum(size[1:], size[:-1])
    drop = top[1:] - top[:-1]
    under = (
        (np.abs((left[1:] + right[1:]) - (left[:-1] + right[:-1])) < 0.6 * smaller)
        & (drop > 0.7 * smaller)
        & (drop < 1.7 * smaller)
        & (ink[1:] - ink[:-1] == 1)
    )
    new = (breaks[1:] != breaks[:-1]) | ((common < 0.3 * smaller) & ~under)
    starts = np.concatenate(([0], np.flatnonzero(new) + 1))
    ends = np.concatenate((starts[1:], [len(ink)]))
    edges = [
        np.minimum.reduceat(left, starts).tolist(),
        np.minimum.reduceat(top, starts).tolist(),
        np.maximum.reduceat(right, starts).tolist(),
        np.maximum.reduceat(bottom, starts).tolist(),
        (np.add.reduceat(size, starts) / (ends - starts)).tolist(),
    ]
    firsts, lasts = ink[starts].tolist(), ink[ends - 1].tolist()
    lines: list[Line] = []
    odd = iter((*glyphs.odd, (len(text) + 1, len(text) + 2)))
    turned = next(odd)
    for number, (first, last, x0, y0, x1, y1, mean) in enumerate(zip(firsts, lasts, *edges, strict=True)):
        while turned[1] <= first:
            turned = next(odd)
        tall = y1 - y0 > 2.4 * mean and x1 - x0 < 2.4 * mean
        fixed = turned[0] <= first < turned[1] or tall
        lines.append(Line(range(first, last + 1), x0, y0, x1, y1, mean, number, fixed))
    return lines


def lines_of(glyphs: Glyphs, lines: list[Line]) -> list[Line]:
    """The lines that a reader sees, made of the drawn ones and in their order: letters of one line
    that were drawn out of order are put into it."""
    if _RIGHT_TO_LEFT.search(glyphs.text):
        return lines  # PDFium turns these into reading order itself: their x goes backward
    groups: list[_Group] = []
    for line in lines:
        at = len(groups) if line.fixed else _tangled(groups, line)
        merged = _Group([line], line.top, line.bottom)
        for group in reversed(groups[at:]):
            merged = _Group(
                group.lines + merged.lines, min(group.top, merged.top), max(group.bottom, merged.bottom)
            )
        groups[at:] = [merged]
    ordered = [line for group in groups for line in _rows(glyphs, group.lines)]
    for number, line in enumerate(ordered):
        line.row = number
    return ordered


def _tangled(groups: list[_Group], line: Line) -> int:
    """From which group on a line belongs in: it stands beside a line of it, maybe some steps back,
    as formulas of several rows are drawn font by font, up and down. The number of groups where
    the line begins something new."""
    found = len(groups)
    lines = 0
    lowest = line.bottom
    for at in range(len(groups) - 1, max(-1, len(groups) - 1 - LOOK_BACK), -1):
        group = groups[at]
        lines += len(group.lines)
        lowest = max(lowest, group.bottom)
        if group.lines[0].fixed or lines > MAX_ROWS or lowest - line.top > REACH * line.size:
            break
        if group.bottom <= line.top or group.top >= line.bottom:
            continue
        last = at == len(groups) - 1
        if any(
            _level(line, other)
            and (last or max(other.left - line.right, line.left - other.right) < 2 * line.size)
            for other in group.lines
        ):
            found = at
    return found


def _level(one: Line, other: Line) -> bool:
    """Whether two lines stand side by side: half of the lower one's height is common to both."""
    common = min(one.bottom, other.bottom) - max(one.top, other.top)
    return common >= 0.5 * min(one.bottom - one.top, other.bottom - other.top)


def _rows(glyphs: Glyphs, group: list[Line]) -> list[Line]:
    """Lines drawn side by side as the rows one sees, if that is another order."""
    if not group or (len(group) == 1 and _runs_on(glyphs, group[0].order)):
        return group
    inked = np.concatenate([_ink_in(glyphs, line.order) for line in group])
    if len(inked) > MAX_GROUP:
        return group
    rows = _cluster(glyphs, inked)
    if rows is None:
        return group
    owner = {int(i): number for number, line in enumerate(group) for i in _ink_in(glyphs, line.order)}
    mixed = any(
        [owner[i] for i in row] != sorted(owner[i] for i in row)
        or not _runs_on(glyphs, group[owner[row[0]]].order)
        for row in rows
    )
    shared = [number for row in rows for number in dict.fromkeys(owner[i] for i in row)]
    if len(shared) > len(set(shared)):
        mixed = True  # a line falls into two rows: a formula drawn font by font
    if not mixed and not any(_touch(glyphs, row, owner) for row in rows):
        return group
    return [measured(glyphs, order) for row in rows for order in _spaced(glyphs, _once(glyphs, row))]


def _runs_on(glyphs: Glyphs, order: Sequence[int]) -> bool:
    """Whether the letters of a line were drawn from left to right."""
    return not isinstance(order, range) or not lies_in(glyphs.back, order)


def lies_in(indices: Sequence[int], order: range) -> bool:
    """Whether one of these (ascending) indices is in a run of characters, its first aside."""
    at = bisect_right(indices, order.start)
    return at < len(indices) and indices[at] < order.stop


def _touch(glyphs: Glyphs, row: list[int], owner: dict[int, int]) -> bool:
    """Whether two lines of a row follow each other without a gap: one line drawn in pieces."""
    box = glyphs.box
    return any(
        owner[a] != owner[b] and abs(float(box[b, 0] - box[a, 2])) < 0.3 * glyphs.height(b)
        for a, b in pairwise(row)
    )


def _ink_in(glyphs: Glyphs, order: Sequence[int]) -> NDArray[np.intp]:
    if isinstance(order, range):
        first, last = np.searchsorted(glyphs.ink, (order.start, order.stop))
        return glyphs.ink[first:last]
    return np.array([i for i in order if i >= 0], dtype=np.intp)


def _cluster(glyphs: Glyphs, inked: NDArray[np.intp]) -> list[list[int]] | None:
    """Glyphs by row, top to bottom, each from left to right: those of the usual size make the
    rows, smaller and larger ones (indices, brackets) join the row that they overlap most."""
    box = glyphs.box
    heights = box[inked, 3] - box[inked, 1]
    usual = float(np.percentile(heights, 75))
    ranked = inked[np.argsort(np.abs(heights - usual), kind="stable")]
    bands: list[tuple[float, float]] = []
    rows: list[list[int]] = []
    for index, top, bottom in zip(
        ranked.tolist(), box[ranked, 1].tolist(), box[ranked, 3].tolist(), strict=True
    ):
        best, most = -1, 0.0
        for number, (upper, lower) in enumerate(bands):
            common = (min(bottom, lower) - max(top, upper)) / max(0.1, min(bottom - top, lower - upper))
            if common > most:
                best, most = number, common
        if most >= 0.5:
            rows[best].append(index)
        elif len(rows) >= MAX_ROWS:
            return None
        else:
            bands.append((top, bottom))
            rows.append([index])
    by_height = sorted(range(len(rows)), key=lambda number: bands[number])
    return [sorted(rows[n], key=lambda i: (float(box[i, 0]), i)) for n in by_height]


def _once(glyphs: Glyphs, row: list[int]) -> list[int]:
    """A row without the letters drawn a second time on the same place, as bold type or a shadow."""
    kept: list[int] = []
    box, text = glyphs.box, glyphs.text
    for index in row:
        double = any(
            text[other] == text[index]
            and float(box[index, 0] - box[other, 0]) < 0.3 * float(box[index, 2] - box[index, 0])
            and abs(float(box[index, 1] - box[other, 1])) < 0.3 * glyphs.height(index)
            for other in kept[-3:]
        )
        if not double:
            kept.append(index)
    return kept


def _spaced(glyphs: Glyphs, row: list[int]) -> list[list[int]]:
    """A row with SPACE at its gaps, cut where the drawn order has a line end before a wide gap."""
    pieces: list[list[int]] = [[row[0]]]
    box, text = glyphs.box, glyphs.text
    for before, after in pairwise(row):
        between = text[before + 1 : after] if after > before else "\n"
        gap = float(box[after, 0] - box[before, 2])
        wide = gap > 1.5 * min(glyphs.height(before), glyphs.height(after))
        if wide and "\n" in between and not between.strip():
            pieces.append([after])
            continue
        if has_space(glyphs, before, after):
            pieces[-1].append(SPACE)
        pieces[-1].append(after)
    return pieces


def has_space(glyphs: Glyphs, before: int, after: int) -> bool:
    """Whether there is a space between two characters of a line: one that was drawn, or a gap."""
    text, box = glyphs.text, glyphs.box
    if text[before + 1 : after] == " ":
        return before + 1 not in glyphs.dropped
    wide = _WIDE.match(text[before]) and _WIDE.match(text[after])
    size = max(glyphs.height(before), glyphs.height(after))
    return float(box[after, 0] - box[before, 2]) > (0.4 if wide else 0.17) * size


def measured(glyphs: Glyphs, order: list[int]) -> Line:
    """A line of these characters, with the box around them."""
    at = _ink_in(glyphs, order)
    box = glyphs.box[at]
    left, top, right, bottom = (
        float(box[:, 0].min()),
        float(box[:, 1].min()),
        float(box[:, 2].max()),
        float(box[:, 3].max()),
    )
    return Line(order, left, top, right, bottom, float((box[:, 3] - box[:, 1]).mean()), -1)
