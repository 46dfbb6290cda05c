"""The order in which the shapes of a slide are read, from where they stand.

Shapes drawn on one rectangle belong together, a label belongs to the box below it. What is left is
cut into rows where a level gap goes through all of it, else into columns, again and again: so the
nine boxes of a canvas come one after the other, however high each is.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pipeline.extract.slide_shapes import Box, Shape

ROWS = 40
"""Shapes whose upper edges differ by less than a fortieth of the slide (5 mm) stand in one row:
boxes placed by hand are never quite level."""
SLACK = 0.15
"""Share of its size by which a box is taken to be smaller on each side: frames of text overlap
their neighbours although the text in them does not."""
MAX_CUTS = 30  # levels of rows in columns in rows; a canvas needs four
MAX_SHAPES = 200  # above it (drawings of thousands of pieces) shapes are read row by row
LABEL = 24  # characters of a label; longer lines are sentences
LARGE = 0.6  # share of the slide from which a rectangle is its background
LONG = 20  # characters from which one line is content, not a label


@dataclass(slots=True)
class _Unit:
    """Shapes that are read together."""

    box: Box
    leaves: list[Shape]
    at: int  # the place of the first in the file
    headed: bool = False  # begins with a label that stands above the rest


def read_order(shapes: Sequence[Shape], *, height: float, width: float) -> list[Shape]:
    """Shapes in the order they are read, groups taken apart; shapes without text are left out."""
    units: list[_Unit] = []
    frames: list[Box] = []
    for index, shape in enumerate(shapes):
        if shape.frame and shape.box:
            frames.append(shape.box)
        leaves = read_order(shape.parts, height=height, width=width) if shape.parts else [shape]
        leaves = [leaf for leaf in leaves if any(line.strip() for line in leaf.lines)]
        if not leaves:
            continue
        if shape.box is not None:
            units.append(_Unit(shape.box, leaves, index))
        elif units:
            units[-1].leaves += leaves
        else:
            units.append(_Unit(Box(-1, -1, -1, -1), leaves, index))
    if len(units) > MAX_SHAPES or len(frames) > MAX_SHAPES:
        return _flat(_by_rows(units, height))
    return _flat(_on_frames(units, _usable(frames, height * width), height))


def touches(label: Box, content: Box) -> bool:
    """Whether content stands below, on or at the right of a label, not far from it.

    >>> touches(Box(0, 0, 4, 1), Box(0, 1.2, 4, 5)), touches(Box(0, 0, 4, 1), Box(0, 7, 4, 9))
    (True, False)
    """
    near = max(label.height, content.height / 4)
    beside = _shared(label.left, label.right, content.left, content.right) > 0.5 * min(
        label.width, content.width
    )
    level = _shared(label.top, label.bottom, content.top, content.bottom) > 0.5 * min(
        label.height, content.height
    )
    below = beside and -content.height <= content.top - label.bottom <= near
    right = level and -label.width <= content.left - label.right <= max(near, label.width)
    return below or right


def _flat(units: Sequence[_Unit]) -> list[Shape]:
    return [leaf for unit in units for leaf in unit.leaves]


def _shared(start: float, end: float, other_start: float, other_end: float) -> float:
    return min(end, other_end) - max(start, other_start)


# --- what belongs together ---------------------------------------------------------------------


def _usable(frames: list[Box], slide: float) -> list[Box]:
    """Rectangles that hold a part of the slide, the smallest first, each once."""
    return sorted({f for f in frames if 0 < f.area < LARGE * slide}, key=lambda f: (f.area, f.top, f.left))


def _on_frames(units: list[_Unit], frames: Sequence[Box], height: float) -> list[_Unit]:
    """Units in order, after those on one rectangle were put in order among themselves."""
    for frame in frames:
        inside = {id(u): u for u in units if u.box != frame and _holds(frame, u.box)}
        own = {id(u): u for u in units if u.box == frame}  # the text of the rectangle itself
        if len(inside) + bool(own) < 2 or len(inside) + len(own) == len(units):
            continue
        members = [*own.values(), *_cut(_with_labels([*inside.values()], height), height, 0)]
        one = _Unit(frame, _flat(members), min(u.at for u in members))
        units = [u for u in units if id(u) not in inside and id(u) not in own] + [one]
    return _cut(_with_labels(units, height), height, 0)


def _holds(frame: Box, box: Box) -> bool:
    """Whether nine tenths of a box lie in a larger one."""
    across = _shared(frame.left, frame.right, box.left, box.right)
    down = _shared(frame.top, frame.bottom, box.top, box.bottom)
    return box.area < frame.area and across >= 0.9 * box.width and down >= 0.9 * box.height


def _is_label(unit: _Unit) -> bool:
    return len(unit.leaves) == 1 and len(unit.leaves[0].lines) == 1 and len(unit.leaves[0].lines[0]) <= LABEL


def _is_content(unit: _Unit) -> bool:
    lines = [line for leaf in unit.leaves for line in leaf.lines]
    return len(lines) > 1 or len(lines[0]) >= LONG or unit.leaves[0].kind == "table"


def _with_labels(units: list[_Unit], height: float) -> list[_Unit]:
    """Units with each label joined to the content that stands right below it."""
    taken: set[int] = set()
    joined: list[_Unit] = []
    for label in sorted(filter(_is_label, units), key=lambda u: -u.box.top):
        below = [u for u in units if id(u) not in taken and u is not label and _is_below(u, label, height)]
        content = min(below, key=lambda u: (u.box.top, u.at), default=None)
        if content is None:
            continue
        taken |= {id(label), id(content)}
        box = Box(
            min(label.box.left, content.box.left),
            min(label.box.top, content.box.top),
            max(label.box.right, content.box.right),
            max(label.box.bottom, content.box.bottom),
        )
        joined.append(_Unit(box, label.leaves + content.leaves, min(label.at, content.at), headed=True))
    return [u for u in units if id(u) not in taken] + joined


def _is_below(content: _Unit, label: _Unit, height: float) -> bool:
    """Whether a box has the place and size of what a label heads: its width, right below it, and
    more than the label says. Boxes of one size in a grid head nothing."""
    above, below = label.box, content.box
    if not above.width or not below.width:
        return False
    wide = max(above.width, below.width)
    same = _shared(above.left, above.right, below.left, below.right) >= 0.75 * wide
    # A narrow label over a wide box heads it too if it stands over its beginning or its middle.
    inner = above.width < below.width and (
        abs(above.left - below.left) < 0.1 * wide
        or abs(above.left + above.right - below.left - below.right) < 0.2 * wide
    )
    gap = below.top - above.bottom
    close = -1.1 * above.height <= gap <= max(0.8 * above.height, height / ROWS) and below.top >= above.top
    return (
        (same or inner)
        and close
        and not content.headed
        and (_is_content(content) or above.height <= 0.75 * below.height)
    )


# --- rows and columns --------------------------------------------------------------------------


def _cut(units: list[_Unit], height: float, depth: int) -> list[_Unit]:
    """Units row by row or column by column, as the gaps between them allow."""
    if len(units) < 2:
        return units
    if depth > MAX_CUTS:
        return _by_rows(units, height)
    rows = _runs(units, _down, height / ROWS)
    columns = _runs(units, _across, 0)
    if len(columns) > 1 and (
        len(rows) == 1 or _drawn_by_columns(rows, columns) or _staggered(rows, columns, height)
    ):
        return [u for column in columns for u in _cut(column, height, depth + 1)]
    if len(rows) == 1:
        return _by_rows(units, height)
    ordered: list[_Unit] = []
    while rows:
        count = _headed_rows(rows)
        if count > 1:
            tops = sorted(rows[0], key=lambda u: u.box.left)
            under = [u for row in rows[1:count] for u in row]
            for top in tops:
                ordered += [top, *_cut([u for u in under if _column(u, tops) is top], height, depth + 1)]
        else:
            ordered += _cut(rows[0], height, depth + 1)
        rows = rows[count:]
    return ordered


def _down(box: Box) -> tuple[float, float]:
    return box.top, box.bottom


def _across(box: Box) -> tuple[float, float]:
    return box.left, box.right


def _runs(
    units: list[_Unit],
    side: Callable[[Box], tuple[float, float]],
    least: float,
    *,
    share: float = SLACK,
) -> list[list[_Unit]]:
    """Units parted where a gap goes through all of them, in order of place."""
    runs: list[list[_Unit]] = []
    first = end = 0.0
    for unit in sorted(units, key=lambda u: (side(u.box)[0], u.at)):
        start, stop = side(unit.box)
        slack = share * max(0.0, stop - start)
        if runs and (start + slack < end or start - first <= least):
            runs[-1].append(unit)
            end = max(end, stop - slack)
        else:
            runs.append([unit])
            first, end = start, stop - slack
    return runs


def _drawn_by_columns(rows: list[list[_Unit]], columns: list[list[_Unit]]) -> bool:
    """Whether a grid, which can be read either way, was drawn column after column."""
    if len(rows) == 1 or min(map(len, columns)) < 2:
        return False
    by_columns = [u.at for c in columns for u in sorted(c, key=lambda u: u.box.top)]
    by_rows = [u.at for r in rows for u in sorted(r, key=lambda u: u.box.left)]
    return by_columns == sorted(by_columns) and by_rows != sorted(by_rows)


def _staggered(rows: list[list[_Unit]], columns: list[list[_Unit]], height: float) -> bool:
    """Whether boxes stand in columns whose rows are none: some row has two boxes of one column, and
    only boxes taken smaller than they are leave gaps between the rows."""
    column_of = {id(u): number for number, column in enumerate(columns) for u in column}
    doubled = any(len({column_of[id(u)] for u in row}) < len(row) for row in rows)
    units = [u for row in rows for u in row]
    return doubled and len(_runs(units, _down, height / ROWS, share=0)) < len(rows)


def _headed_rows(rows: list[list[_Unit]]) -> int:
    """How many rows from the first make columns under labels; 1 if it has no such columns."""
    if len(rows[0]) < 2 or not all(u.headed for u in rows[0]):
        return 1
    count = 1
    for row in rows[1:]:
        if any(u.headed or _column(u, rows[0]) is None for u in row):
            break
        count += 1
    return count


def _column(unit: _Unit, tops: list[_Unit]) -> _Unit | None:
    """The unit above in whose width this one lies."""
    for top in tops:
        shared = _shared(top.box.left, top.box.right, unit.box.left, unit.box.right)
        if shared >= 0.75 * max(unit.box.width, 1.0):
            return top
    return None


def _by_rows(units: Sequence[_Unit], height: float) -> list[_Unit]:
    """Units from top to bottom, those of a row from left to right."""
    ordered: list[_Unit] = []
    row: list[_Unit] = []
    for unit in sorted(units, key=lambda u: u.box.top):
        if row and unit.box.top - row[0].box.top > height / ROWS:
            ordered += sorted(row, key=lambda u: u.box.left)
            row = []
        row.append(unit)
    return ordered + sorted(row, key=lambda u: u.box.left)
