"""The nine boxes of a canvas: where each stands, its colour, and how its notes fit into it.

Pure geometry in points (1/72 inch), shared by workbook, notebook, pictures, slide and handout. Widths
of characters are estimates that no usual font exceeds: what fits here fits with any of them.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pipeline.blocks import CODES

ROWS, COLUMNS = 3, 10
# (first row, first column, last row, last column) of every block in a grid of three rows by ten columns.
PLACES = {
    "KP": (0, 0, 1, 1), "KA": (0, 2, 0, 3), "KR": (1, 2, 1, 3), "VP": (0, 4, 1, 5), "CR": (0, 6, 0, 7),
    "CH": (1, 6, 1, 7), "CS": (0, 8, 1, 9), "CO": (2, 0, 2, 4), "RS": (2, 5, 2, 9),
}  # fmt: skip
# One family of colours for each side of the canvas: doing, value, customers, money.
FILLS = {
    "KP": "#DCE7F3", "KA": "#E6EEF7", "KR": "#EFF4FA", "VP": "#FFF3D1", "CR": "#EEF6EA", "CH": "#E5F1DF",
    "CS": "#DBECD3", "CO": "#FAE5DF", "RS": "#EEE6F4",
}  # fmt: skip
SHARES = (0.36, 0.36, 0.28)
"""Heights of the three rows; six notes of one line fit into the lower boxes."""

SIZES = tuple(half / 2 for half in range(24, 15, -1))  # 12 pt down to 8 pt, the smallest that prints well
LEADING = 1.35  # line height in ems
SPACE = 0.3  # space below a note, in ems
INDENT = 1.0  # a note hangs behind its mark, in ems
PADDING = 6.0
HEADING = 20.0
"""Height of the line with the name of the block."""

_CLOSING = set("，。、；：！？）》」』”’…％,.;:!?)]}%")
_BROAD = set("mwMW@%&—–…")


@dataclass(frozen=True, slots=True)
class Box:
    """Left, top, width and height on the page, from its upper left corner."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Note:
    """A note as it is drawn: its text, whether its evidence is weak and whether another note of the
    cell may say the opposite."""

    text: str
    weak: bool = False
    opposed: bool = False


@dataclass(frozen=True, slots=True)
class Placed:
    """A note in its box: the lines it takes."""

    lines: tuple[str, ...]
    note: Note


@dataclass(frozen=True, slots=True)
class Filled:
    """What stands in a box; `left` notes did not fit."""

    notes: tuple[Placed, ...]
    left: int


def place(grid: Box) -> dict[str, Box]:
    """Code -> its box in `grid`, without gaps and without overlap."""
    tops = [grid.y + grid.height * sum(SHARES[:row]) for row in range(ROWS + 1)]
    step = grid.width / COLUMNS
    return {
        code: Box(
            grid.x + left * step, tops[top], (right - left + 1) * step, tops[bottom + 1] - tops[top]
        )
        for code, (top, left, bottom, right) in PLACES.items()
    }  # fmt: skip


def ems(text: str) -> float:
    """Width in ems, rather too wide than too narrow.

    >>> ems("小米"), ems("IoT") < 2.1
    (2.0, True)
    """
    return sum(map(_em, text))


def _em(char: str) -> float:
    if unicodedata.combining(char):
        return 0.0
    if unicodedata.east_asian_width(char) in "WFA" or char in _BROAD:
        return 1.0
    return 0.68 if char.isupper() else 0.6


def wrap(text: str, room: float) -> list[str]:
    """The text in lines of at most `room` ems: Latin words and numbers stay whole where they can, no
    line begins with a closing sign.

    >>> wrap("面向年轻人销售iPhone手机。", 8)
    ['面向年轻人销售', 'iPhone手机。']
    """
    lines, line, width = [], "", 0.0
    for piece in _pieces(text, room):
        size = ems(piece)
        if line and width + size > room:
            if piece[0] in _CLOSING and len(line) > 1:  # the sign takes the last character along
                piece = line[-1] + piece  # noqa: PLW2901
                line = line[:-1]
            lines.append(line.rstrip())
            line, width = "", 0.0
            piece, size = piece.lstrip(), ems(piece.lstrip())  # noqa: PLW2901
        line += piece
        width += size
    return [*lines, line.rstrip()] if line.strip() else lines


def _pieces(text: str, room: float) -> list[str]:
    """What may stand on a line of its own: a word or number, else a single character."""
    pieces: list[str] = []
    for char in text:
        word = char.isascii() and (char.isalnum() or char in ".,%-'")
        before = pieces[-1] if pieces else " "
        joins = word and before[-1].isascii() and before[-1].isalnum() and ems(before + char) <= room
        if joins:
            pieces[-1] += char
        else:
            pieces.append(char)
    return pieces


def cut(text: str, room: float) -> str:
    """The text, or its beginning with `…`, in at most `room` ems."""
    width, end = 0.0, 0
    for number, char in enumerate(text, start=1):
        width += _em(char)
        if width > room:
            return text[:end].rstrip() + "…"
        if width <= room - 1:
            end = number
    return text


def fit(cells: Mapping[str, Sequence[Note]], boxes: Mapping[str, Box]) -> tuple[float, dict[str, Filled]]:
    """The largest size at which the notes of all boxes fit, and what then stands in each.

    One size for the whole canvas: a box in smaller letters would look less important. Where the
    smallest size is still too large, notes are cut to two lines, and the last ones left out.
    """
    for size in SIZES:
        filled = {code: _fill(cells.get(code, ()), boxes[code], size, 99) for code in CODES}
        if not any(box.left for box in filled.values()):
            return size, filled
    size = SIZES[-1]
    filled = {}
    for code in CODES:
        notes = cells.get(code, ())
        tries = (_fill(notes, boxes[code], size, most) for most in (99, 3, 2, 1))
        filled[code] = min(tries, key=lambda box: box.left)  # the first of those that hold most
    return size, filled


def _fill(notes: Sequence[Note], box: Box, size: float, most: int) -> Filled:
    """As many notes as the box holds, each in at most `most` lines."""
    room = (box.width - 2 * PADDING) / size - INDENT
    whole = int(room * box.height / size)  # narrow signs aside, more characters than the box holds
    space = (box.height - HEADING - PADDING) / size
    placed: list[Placed] = []
    for number, note in enumerate(notes):
        lines = wrap(note.text[: 4 * whole], room)
        if len(lines) > most:
            lines = [*lines[: most - 1], cut("".join(lines[most - 1 :]), room)]
        space -= len(lines) * LEADING + SPACE
        last = number == len(notes) - 1
        if space < (0 if last else LEADING):  # the line that says how many are left out
            return Filled(tuple(placed), len(notes) - number)
        placed.append(Placed(tuple(lines), note))
    return Filled(tuple(placed), 0)
