"""Recognised pieces of lines -> the lines of a page in reading order."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import median

from pipeline.records import Mark, Page

WIDE_GAP = 2.0  # in line heights: cells of a row, not words of a line
MIN_COLUMN = 3  # rows on either side of a gutter
MAX_CROSSING = 0.25  # share of pieces that may cross a gutter: headings and figures over both columns
PROSE = 10  # letters in the median piece of a column; cells of a table have fewer
MAX_COLUMNS = 4  # gutters inside each other


@dataclass(frozen=True, slots=True)
class Piece:
    """Text in a box on the picture, in pixels from the upper left corner."""

    left: float
    top: float
    right: float
    bottom: float
    text: str
    confidence: float
    slope: float = 0.0  # of its upper edge

    @classmethod
    def of(cls, corners: Sequence[tuple[float, float]], text: str, confidence: float) -> Piece:
        """From four corners, clockwise from the upper left one."""
        xs, ys = [x for x, _ in corners], [y for _, y in corners]
        (x0, y0), (x1, y1) = corners[0], corners[1]
        slope = (y1 - y0) / (x1 - x0) if x1 > x0 else 0.0
        return cls(min(xs), min(ys), max(xs), max(ys), text, confidence, slope)

    @property
    def middle(self) -> float:
        return (self.top + self.bottom) / 2


def page_of(pieces: Sequence[Piece]) -> Page:
    """The page the pieces make: lines from top to bottom, column after column, with the mean
    confidence of their characters; rows of a table are marked."""
    rows = [row for block in _blocks(_level(pieces), 0) for row in _rows(block)]
    lines = [_line(row) for row in rows]
    marks: list[Mark] = []
    at = 0
    for index, line in enumerate(lines):
        if "\t" in line and any(
            "\t" in other for other in (*lines[max(0, index - 1) : index], *lines[index + 1 : index + 2])
        ):
            marks.append(Mark(at, at + len(line), "table"))
        at += len(line) + 1
    weight = sum(len(p.text) for p in pieces)
    confidence = sum(p.confidence * len(p.text) for p in pieces) / max(1, weight)
    text = "".join(f"{line}\n" for line in lines)
    return Page(1, text, tuple(marks), confidence=round(min(1.0, max(0.01, confidence)), 4))


def _level(pieces: Sequence[Piece]) -> list[Piece]:
    """The pieces as on a page that lies straight: at one degree the end of a line is a line lower
    than its beginning. Only wide pieces tell the slope."""
    long = sorted(pieces, key=lambda p: p.right - p.left)[-max(3, len(pieces) // 3) :]
    slope = median(p.slope for p in long) if long else 0.0
    if abs(slope) < 0.002 or abs(slope) > 0.2:
        return list(pieces)
    angle = math.atan(slope)
    made = []
    for p in pieces:
        middle = p.middle - (p.left + p.right) / 2 * math.tan(angle)
        half = max(1.0, (p.bottom - p.top - abs(slope) * (p.right - p.left)) / 2)
        made.append(replace(p, top=middle - half, bottom=middle + half))
    return made


def _blocks(pieces: Sequence[Piece], depth: int) -> list[list[Piece]]:
    """The pieces cut into columns, and into what stands above, between and below them."""
    gutter = _gutter(pieces) if depth < MAX_COLUMNS else None
    if gutter is None:
        return [list(pieces)]
    found: list[list[Piece]] = []
    left: list[Piece] = []
    right: list[Piece] = []
    across: list[Piece] = []

    def finish(*sides: list[Piece]) -> None:
        for side in sides:
            if side:
                found.extend(_blocks(side, depth + 1))
                side.clear()

    for piece in sorted(pieces, key=lambda p: p.middle):
        if piece.left < gutter < piece.right:
            finish(left, right)
            across.append(piece)
        else:
            if across:
                found.append(list(across))
                across.clear()
            (left if piece.right <= gutter else right).append(piece)
    if across:
        found.append(list(across))
    finish(left, right)
    return found


def _gutter(pieces: Sequence[Piece]) -> float | None:
    """The middle of the white stripe between two columns of prose, None if there is none."""
    if len(pieces) < 2 * MIN_COLUMN:
        return None
    left, right = min(p.left for p in pieces), max(p.right for p in pieces)
    height = median(p.bottom - p.top for p in pieces)
    best: tuple[int, float, float] | None = None
    # Candidates lie before the beginning of a piece: a column has a straight left edge.
    for start in sorted({round(p.left) for p in pieces}):
        at = start - height / 2
        if not left + (right - left) * 0.15 < at < right - (right - left) * 0.15:
            continue
        crossing = sum(p.left < at + height / 4 and p.right > at - height / 4 for p in pieces)
        key = (crossing, abs(at - (left + right) / 2), at)
        if crossing <= MAX_CROSSING * len(pieces) and (best is None or key < best):
            best = key
    if best is None:
        return None
    at = best[2]
    sides = [[p for p in pieces if p.right <= at], [p for p in pieces if p.left >= at]]
    prose = all(
        len(_rows(side)) >= MIN_COLUMN and median(len(p.text) for p in side) >= PROSE for side in sides
    )
    return at if prose else None


def _rows(pieces: Sequence[Piece]) -> list[list[Piece]]:
    """Pieces of one height on the page, from left to right; rows from top to bottom."""
    rows: list[list[Piece]] = []
    for piece in sorted(pieces, key=lambda p: (p.middle, p.left)):
        row = rows[-1] if rows else []
        if row and piece.middle - row[0].middle < 0.5 * min(
            piece.bottom - piece.top, row[0].bottom - row[0].top
        ):
            row.append(piece)
        else:
            rows.append([piece])
    return [sorted(row, key=lambda p: p.left) for row in rows]


def _line(row: Sequence[Piece]) -> str:
    """The text of a row: a tab between cells, a blank between words, nothing between characters
    that Chinese writes without."""
    line = " ".join(row[0].text.split())
    for before, piece in itertools.pairwise(row):
        text = " ".join(piece.text.split())
        gap = (piece.left - before.right) / max(1.0, piece.bottom - piece.top)
        dense = gap < 0.5 and (ord(line[-1]) > 0x2E7F or ord(text[0]) > 0x2E7F)
        line += ("\t" if gap > WIDE_GAP else "" if dense else " ") + text
    return line
