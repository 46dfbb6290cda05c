"""What stands where on a PDF page: its characters with their boxes, and its ruling lines."""

from __future__ import annotations

import ctypes
import math
import re
import unicodedata
from dataclasses import dataclass
from functools import cache
from itertools import repeat
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pypdfium2 import raw as pdfium

MAX_GLYPHS = 20_000  # a full page of a newspaper has 12,000; above it the drawn order is kept
MAX_LINES = 5_000
MAX_OBJECTS = 20_000
MAX_SEGMENTS = 2_000
MAX_RULINGS = 2_000
GUTTER = 1.2  # sizes: a smaller gap in a line is spacing
TILT = 0.012  # quarter turns, one degree: more makes neighbouring lines overlap
THIN = 2.5  # points: a narrower rectangle is a line
_RADICAL = re.compile("([\u2f00-\u2fd5])(?=([\u3400-\u9fff]))")
_PUNCTUATION = frozenset("，。、；：！？“”‘’（）《》〈〉【】「」『』…—")
_GAP = re.compile(
    "(?<=[\u3001-\u303f\u3400-\u9fff\uff01-\uff5e“”]) (?=[\u3001-\u303f\u3400-\u9fff\uff01-\uff5e“”])"
)

Box = tuple[float, float, float, float]
"""Left, top, right, bottom in points, y downward. A ruling has no width or no height."""


@dataclass(frozen=True, slots=True)
class Glyphs:
    """The characters of a page by PDFium index. Boxes are (left, top, right, bottom) in points of
    the upright page, y downward; `ink` are those that stand on it, neither blank nor generated."""

    text: str
    box: NDArray[np.float32]
    ink: NDArray[np.intp]
    odd: tuple[tuple[int, int], ...] = ()  # index spans of lines at another angle than the page
    back: tuple[int, ...] = ()
    """Ink that stands left of the ink drawn before it."""
    apart: tuple[int, ...] = ()
    """Ink with a gap as wide as a gutter before it."""
    dropped: frozenset[int] = frozenset()
    """What the page does not show: spaces that PDFium made up, doubles of characters."""
    quarter: int = 0  # how often the text of the page is turned by 90 degrees

    def height(self, index: int) -> float:
        return float(self.box[index, 3] - self.box[index, 1])


def glyphs_of(text_page: Any, text: str) -> Glyphs | None:
    """Boxes of a page's characters; None where there are none or too many to look at."""
    count = len(text)
    if not 0 < count <= MAX_GLYPHS or text.count("\n") > MAX_LINES:
        return None
    raw = np.zeros((count, 4), dtype=np.float32)  # left, top, right, bottom of each, y upward
    first, page = raw.ctypes.data, ctypes.cast(text_page.raw, ctypes.c_void_p).value
    places = range(first, first + raw.nbytes, raw.strides[0])
    got = np.fromiter(map(_loose_box(), repeat(page), range(count), places), np.bool_, count)
    codes = np.frombuffer(text.encode("utf-32-le"), dtype=np.uint32)
    blank = (codes <= 32) | (codes == 0xA0) | (codes == 0x3000) | (codes == 0xFFFE)
    sound = got & np.isfinite(raw).all(axis=1) & (raw[:, 2] > raw[:, 0]) & (raw[:, 1] > raw[:, 3])
    ink = np.flatnonzero(sound & ~blank)
    doubles = _doubles(text, raw)
    if doubles:
        ink = ink[~np.isin(ink, doubles)]
    if not len(ink):
        return None
    quarter, odd = _angles(text_page, text, ink)
    box = _upright(raw, quarter)
    left, size = box[ink, 0], box[ink, 3] - box[ink, 1]
    back = ink[1:][left[1:] < left[:-1] - 0.4 * size[1:]]
    apart = ink[1:][left[1:] - box[ink[:-1], 2] > GUTTER * size[1:]]
    dropped = _false_spaces(text_page, text, box) | frozenset(doubles)
    return Glyphs(text, box, ink, odd, tuple(back.tolist()), tuple(apart.tolist()), dropped, quarter)


@cache
def _loose_box() -> Any:
    """PDFium's FPDFText_GetLooseCharBox with plain addresses: half the time per character."""
    address = ctypes.cast(pdfium.FPDFText_GetLooseCharBox, ctypes.c_void_p).value or 0
    return ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p)(address)


def _angles(text_page: Any, text: str, ink: NDArray[np.intp]) -> tuple[int, tuple[tuple[int, int], ...]]:
    """How often the page's text is turned by 90 degrees, and the lines at another angle."""
    lines: list[tuple[int, int, int]] = []
    weights = [0, 0, 0, 0, 0]
    start = 0
    while start < len(text):
        end = text.find("\n", start) + 1 or len(text)
        at = int(np.searchsorted(ink, start))
        if at < len(ink) and ink[at] < end:
            turns = pdfium.FPDFText_GetCharAngle(text_page, int(ink[at])) / (math.pi / 2)
            straight = abs(turns - round(turns)) < TILT
            quarter = round(turns) % 4 if straight else 4
            lines.append((start, end, quarter))
            weights[quarter] += end - start
        start = end
    best = max(range(4), key=lambda q: (weights[q], -q))
    return best, tuple((a, b) for a, b, quarter in lines if quarter != best)


def _upright(raw: NDArray[np.float32], quarter: int) -> NDArray[np.float32]:
    """Boxes with y downward, turned so that the text of the page runs to the right."""
    left, top, right, bottom = raw.T
    columns = (
        (left, -top, right, -bottom),
        (-top, -right, -bottom, -left),
        (-right, bottom, -left, top),
        (bottom, left, top, right),
    )[quarter]
    return np.stack(columns, axis=1)


def _doubles(text: str, raw: NDArray[np.float32]) -> list[int]:
    """Radicals on the place of the ideograph that follows: fonts of some systems map one glyph to
    both (⼀一)."""
    return [
        match.start()
        for match in _RADICAL.finditer(text)
        if unicodedata.normalize("NFKC", match[1]) == match[2]
        and (raw[match.start()] == raw[match.start() + 1]).all()
    ]


def _false_spaces(text_page: Any, text: str, box: NDArray[np.float32]) -> frozenset[int]:
    """Generated spaces between Chinese characters that are no wider than letter spacing: 0.4 of
    the size between two characters, 0.75 beside a punctuation mark, which is half empty. A title
    that is spaced out keeps its wider gaps."""
    found: list[int] = []
    for match in _GAP.finditer(text):
        at = match.start()
        (_, top, right, bottom), (after_left, after_top, _, after_bottom) = box[[at - 1, at + 1]].tolist()
        size = max(bottom - top, after_bottom - after_top)
        beside = text[at - 1] in _PUNCTUATION or text[at + 1] in _PUNCTUATION
        narrow = -0.5 * size < after_left - right < (0.75 if beside else 0.4) * size
        if narrow and abs(top - after_top) < 0.5 * size and pdfium.FPDFText_IsGenerated(text_page, at) == 1:
            found.append(at)
    return frozenset(found)


def rulings_of(page: Any, quarter: int) -> list[Box]:
    """The level and upright lines of a page, turned as its text; none if there are too many to be
    a table's."""
    found: list[Box] = []
    count = min(MAX_OBJECTS, pdfium.FPDFPage_CountObjects(page))
    left, bottom, right, top = (ctypes.c_float() for _ in range(4))
    pointers = [ctypes.byref(side) for side in (left, bottom, right, top)]
    fill, stroke = ctypes.c_int(), ctypes.c_int()
    for index in range(count):
        item = pdfium.FPDFPage_GetObject(page, index)
        if pdfium.FPDFPageObj_GetType(item) != pdfium.FPDF_PAGEOBJ_PATH:
            continue
        pdfium.FPDFPath_GetDrawMode(item, ctypes.byref(fill), ctypes.byref(stroke))
        if not (fill.value or stroke.value) or not pdfium.FPDFPageObj_GetBounds(item, *pointers):
            continue
        box = (left.value, -top.value, right.value, -bottom.value)
        segments = pdfium.FPDFPath_CountSegments(item)
        if min(box[2] - box[0], box[3] - box[1]) <= THIN or segments <= 6:
            found += _outline(box)
        elif segments <= MAX_SEGMENTS:
            found += _along(item, segments)
        if len(found) > MAX_RULINGS:
            return []
    if quarter and found:
        left, top, right, bottom = np.array(found, dtype=np.float32).T
        turned = _upright(np.stack((left, -top, right, -bottom), axis=1), quarter)
        return [(a, b, c, d) for a, b, c, d in turned.tolist()]
    return found


def _outline(box: Box) -> list[Box]:
    """The edges of a rectangle; a thin one is a line."""
    left, top, right, bottom = box
    if right - left <= THIN:
        return [((left + right) / 2, top, (left + right) / 2, bottom)] if bottom - top > THIN else []
    if bottom - top <= THIN:
        return [(left, (top + bottom) / 2, right, (top + bottom) / 2)]
    return [
        (left, top, right, top),
        (left, bottom, right, bottom),
        (left, top, left, bottom),
        (right, top, right, bottom),
    ]


def _along(path: Any, segments: int) -> list[Box]:
    """The level and upright strokes of a path: whole grids are drawn as one."""
    matrix = pdfium.FS_MATRIX()
    pdfium.FPDFPageObj_GetMatrix(path, ctypes.byref(matrix))
    x, y = ctypes.c_float(), ctypes.c_float()
    found: list[Box] = []
    start = last = (0.0, 0.0)
    for index in range(segments):
        segment = pdfium.FPDFPath_GetPathSegment(path, index)
        pdfium.FPDFPathSegment_GetPoint(segment, ctypes.byref(x), ctypes.byref(y))
        point = (
            matrix.a * x.value + matrix.c * y.value + matrix.e,
            -(matrix.b * x.value + matrix.d * y.value + matrix.f),
        )
        kind = pdfium.FPDFPathSegment_GetType(segment)
        if kind == pdfium.FPDF_SEGMENT_MOVETO:
            start = point
        elif kind == pdfium.FPDF_SEGMENT_LINETO:
            found += _stroke(last, point)
        last = point
        if pdfium.FPDFPathSegment_GetClose(segment):
            found += _stroke(last, start)
            last = start
    return found


def _stroke(one: tuple[float, float], other: tuple[float, float]) -> list[Box]:
    (x0, x1), (y0, y1) = sorted((one[0], other[0])), sorted((one[1], other[1]))
    level, upright = y1 - y0 <= 1 < x1 - x0, x1 - x0 <= 1 < y1 - y0
    return [(x0, y0, x1, y0) if level else (x0, y0, x0, y1)] if level or upright else []
