"""Where the text boxes of a binary Word file hang on its body.

A box names its shape, an anchor names a shape at a position ([MS-DOC] 2.9.98 FTXBXS, 2.9.253 Spa).
Shapes of a group hang on that of the group, which the drawing tells ([MS-ODRAW] 2.2.16).
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from pipeline.extract.doc_fib import ANCHORS, BOXES, DRAWINGS, Fib

_SHAPE, _BOX = 26, 22  # bytes of an anchor and of a text box in their tables
_BOX_ID = 14
MAX_BOXES = 5_000  # beyond that they follow the body in one go
MAX_RECORDS = 100_000
_DRAWING, _GROUP, _SHAPE_OF, _SHAPE_ID = 0xF002, 0xF003, 0xF004, 0xF00A


@dataclass(frozen=True, slots=True)
class Span:
    """Characters of a story, from `start` to before `end`."""

    start: int
    end: int


def boxes_by_anchor(fib: Fib, tables: bytes, body: Span, span: Span) -> dict[int, Span]:
    """Parts of the story of text boxes by the position in the body that they hang on; those without
    an anchor follow the box before them, or the body."""
    if span.start >= span.end:
        return {}
    anchors: dict[int, int] = {}
    for position, shape in _plc(fib.part(ANCHORS, tables), _SHAPE):
        anchors.setdefault(_u32(shape, 0), position)
    groups = _groups(fib.part(DRAWINGS, tables))
    boxes = _plc(fib.part(BOXES, tables), _BOX)
    edges = [span.start + min(position, span.end - span.start) for position, _ in boxes] + [span.end]
    if not boxes or len(boxes) > MAX_BOXES or edges != sorted(edges) or edges[0] > span.start:
        return {body.end: span}
    placed: dict[int, Span] = {}
    at = -1
    for n, (_, box) in enumerate(boxes):
        if edges[n] == edges[n + 1]:
            continue
        shape_id = _u32(box, _BOX_ID)
        position = anchors.get(shape_id, anchors.get(groups.get(shape_id, 0), at))
        at = position if 0 <= position < body.end else body.end
        before = placed.get(at)
        if before is not None and before.end == edges[n]:
            placed[at] = Span(before.start, edges[n + 1])
            continue
        place = at
        while place in placed:  # two boxes on one anchor, with others between them
            place += 1
        placed[place] = Span(edges[n], edges[n + 1])
    return placed


def _groups(drawings: bytes) -> dict[int, int]:
    """Shape in a group -> the shape of the outermost group."""
    found: dict[int, int] = {}
    at = 8 + _u32(drawings, 4)  # past what all drawings share
    while at + 9 <= len(drawings):
        kind, length = int.from_bytes(drawings[at + 3 : at + 5], "little"), _u32(drawings, at + 5)
        if kind != _DRAWING:
            break
        for group, start, end in _records(drawings, at + 9, at + 9 + length):
            if group != _GROUP:
                continue
            for inner, first, last in _records(drawings, start, end):  # the page itself is a group
                if inner == _GROUP:
                    _collect(drawings, first, last, found)
        at += 9 + length  # each drawing has a byte before it that says for which story it is
    return found


def _collect(drawings: bytes, start: int, end: int, found: dict[int, int]) -> None:
    """Names the first shape of a group, the group itself, for all shapes in it, whatever their depth."""
    waiting = deque([(start, end)])  # breadth first: the shape of the group itself comes before the others
    first = 0
    while waiting and len(found) < MAX_RECORDS:
        for kind, begin, stop in _records(drawings, *waiting.popleft()):
            if kind in (_GROUP, _SHAPE_OF):
                waiting.append((begin, stop))
            elif kind == _SHAPE_ID:
                first = first or _u32(drawings, begin)
                found[_u32(drawings, begin)] = first


def _records(data: bytes, start: int, end: int) -> list[tuple[int, int, int]]:
    """(type, start, end) of the records that follow one another, each inside the bounds."""
    found: list[tuple[int, int, int]] = []
    end = min(end, len(data))
    while start + 8 <= end and len(found) < MAX_RECORDS:
        kind, length = int.from_bytes(data[start + 2 : start + 4], "little"), _u32(data, start + 4)
        stop = min(end, start + 8 + length)
        found.append((kind, start + 8, stop))
        start = stop
    return found


def _plc(data: bytes, size: int) -> list[tuple[int, bytes]]:
    """(position, entry) of a table of positions."""
    count = max(0, (len(data) - 4) // (4 + size))
    first = 4 * (count + 1)
    return [(_u32(data, 4 * n), data[first + size * n : first + size * (n + 1)]) for n in range(count)]


def _u32(data: bytes, at: int) -> int:
    return int.from_bytes(data[at : at + 4], "little")
