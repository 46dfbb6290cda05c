"""The drawing of a PowerPoint 97-2003 slide: its shapes, groups and tables with their places.

Section numbers are those of [MS-ODRAW], where not marked as [MS-PPT].
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass, field

from pipeline.extract import ppt_records as ppt
from pipeline.extract import ppt_text
from pipeline.extract.errors import Unreadable
from pipeline.extract.ppt_records import Record, Records
from pipeline.extract.ppt_text import Filled, Text
from pipeline.extract.slide_shapes import Box, Kind, Shape

MAX_GROUPS = 100
_DRAWING, _GROUP, _SHAPE = 0xF002, 0xF003, 0xF004
_GROUP_BOX, _SHAPE_ATOM, _TEXTBOX = 0xF009, 0xF00A, 0xF00D
_CHILD_ANCHOR, _ANCHOR, _DATA = 0xF00F, 0xF010, 0xF011
_PROPERTIES = (0xF00B, 0xF121, 0xF122)
_DELETED = 0x8
_LINE = 20  # shape type of the borders of a table
_RECTANGLES = (1, 2, 202)  # shape types: rectangle, rounded rectangle, text box
_WORD_ART, _TABLE = 0x00C0, 0x039F  # properties (2.3.22.1, 2.3.17.4)
_TITLES = (0x01, 0x03, 0x0D, 0x0F, 0x11)  # PlaceholderEnum ([MS-PPT] 2.13.21)
_FOOTERS = (0x07, 0x08, 0x09, 0x0A)
_PICTURES = (0x05, 0x0B)  # of a page of notes: the slide itself
_ROW = 4  # units of 1/576 inch by which the cells of a row may differ

_Scale = tuple[float, float, float, float]
_WHOLE: _Scale = (1.0, 1.0, 0.0, 0.0)


@dataclass(slots=True)
class _Parts:
    """What the atoms of a shape say."""

    deleted: bool = False
    type: int = 0
    anchor: tuple[float, float, float, float] | None = None  # left, top, right, bottom
    inner: tuple[float, float, float, float] | None = None  # the same, in the units of a group
    placeholder: int | None = None
    texts: list[Text] = field(default_factory=list)
    word_art: str = ""
    table: bool = False


@dataclass(slots=True)
class Drawing:
    """Reads the shapes of one slide or page of notes."""

    records: Records
    outline: Sequence[Text]  # the texts that the outline has of this slide
    encoding: str
    filled: Filled
    used: set[int] = field(default_factory=set)  # of the outline

    def shapes(self, slide: Record) -> list[Shape]:
        """The shapes of a slide container, in the order of the file."""
        holder = self.records.first(slide, ppt.DRAWING)
        drawing = None if holder is None else self.records.first(holder, _DRAWING)
        group = None if drawing is None else self.records.first(drawing, _GROUP)
        return [] if group is None else list(self._group(group, _WHOLE, 0, whole=True).parts)

    def _group(self, group: Record, scale: _Scale, depth: int, *, whole: bool = False) -> Shape:
        """A group: its first shape says where it stands and in which units its parts are."""
        if depth > MAX_GROUPS:
            raise Unreadable("LIMIT_DEPTH")
        own = _Parts()
        box: Box | None = None
        parts: list[Shape] = []
        cells: list[Shape] = []
        for number, record in enumerate(self.records.inside(group)):
            if number == 0 and record.kind == _SHAPE:
                own = self._parts(record)
                if not whole:
                    box = _box(own, scale)
                    scale = _inner(own, scale)
            elif record.kind == _GROUP:
                parts.append(self._group(record, scale, depth + 1))
            elif record.kind == _SHAPE:
                said = self._parts(record)
                if not said.deleted:
                    parts.append(self._shape(said, scale))
                    if said.type != _LINE:
                        cells.append(parts[-1])
        if own.deleted:
            return Shape(box)
        if own.table and all(c.box for c in cells) and len(cells) > 1:
            return Shape(box, "table", _rows(cells))
        return Shape(box, parts=tuple(parts))

    def _shape(self, said: _Parts, scale: _Scale) -> Shape:
        box = _box(said, scale)
        lines = tuple(line for text in said.texts for line in text.lines(self.filled))
        if not lines and said.word_art:
            lines = tuple(said.word_art.replace("\r", "\n").splitlines())
        kind: Kind = "text"
        if said.placeholder in _PICTURES:
            return Shape(box)
        only_fields = bool(said.texts) and all(text.only_fields for text in said.texts)
        if only_fields and said.placeholder in (0x07, 0x08):
            return Shape(box)  # the number of the slide and today's date: nobody wrote them
        if said.placeholder in _FOOTERS or only_fields:
            kind = "footer"
        elif said.placeholder in _TITLES or any(t.kind in ppt_text.TITLES for t in said.texts):
            kind = "title"
        return Shape(box, kind, lines, frame=said.type in _RECTANGLES)

    def _parts(self, shape: Record) -> _Parts:
        records, said = self.records, _Parts()
        for atom in records.inside(shape):
            if atom.kind == _SHAPE_ATOM:
                said.type = atom.instance
                said.deleted = bool(records.number(atom, 4) & _DELETED)
            elif atom.kind in (_ANCHOR, _CHILD_ANCHOR):
                said.anchor = _anchor(records.body(atom), client=atom.kind == _ANCHOR)
            elif atom.kind == _GROUP_BOX:
                said.inner = _anchor(records.body(atom), client=False)
            elif atom.kind == _TEXTBOX:
                said.texts += self._texts(atom)
            elif atom.kind in _PROPERTIES:
                self._properties(atom, said)
            elif atom.kind == _DATA:
                for data in records.inside(atom):
                    if data.kind == ppt.PLACEHOLDER:
                        said.placeholder = records.number(data, 4) & 0xFF
                    elif data.kind == ppt.ROUND_TRIP_PLACEHOLDER and data.end > data.start:
                        said.placeholder = records.data[data.start]
        return said

    def _texts(self, box: Record) -> list[Text]:
        """The text of a box: its own, or that of the outline it points to ([MS-PPT] 2.9.78)."""
        atoms = list(self.records.inside(box))
        found: list[Text] = []
        for atom in atoms:
            if atom.kind == ppt.TEXT_REF:
                index = self.records.number(atom)
                if index < len(self.outline) and index not in self.used:
                    self.used.add(index)
                    found.append(self.outline[index])
        return found + ppt_text.texts(self.records, atoms, self.encoding)

    def _properties(self, atom: Record, said: _Parts) -> None:
        """Two of the properties: that a group is a table, and the letters of WordArt."""
        count = min(atom.instance, (atom.end - atom.start) // 6)
        rest = atom.start + 6 * count  # the long values, one after the other
        for number in range(count):
            kind, value = struct.unpack_from("<HI", self.records.data, atom.start + 6 * number)
            if kind & 0x8000:
                if kind & 0x3FFF == _WORD_ART:
                    letters = self.records.data[rest : min(rest + value, atom.end)]
                    said.word_art = letters[: len(letters) & ~1].decode("utf-16-le", "replace").rstrip("\0")
                rest = min(rest + value, atom.end)
            elif kind & 0x3FFF == _TABLE:
                said.table = bool(value & 1)


def _anchor(body: bytes, *, client: bool) -> tuple[float, float, float, float] | None:
    """Left, top, right and bottom; [MS-PPT] 2.7.1 has top first, in 2 or in 4 bytes each."""
    if client and len(body) >= 8:
        top, left, right, bottom = struct.unpack_from("<4i" if len(body) >= 16 else "<4h", body)
    elif len(body) >= 16:
        left, top, right, bottom = struct.unpack_from("<4i", body)
    else:
        return None
    return left, top, right, bottom


def _box(said: _Parts, scale: _Scale) -> Box | None:
    if said.anchor is None:
        return None
    left, top, right, bottom = said.anchor
    across, down, x, y = scale
    return Box(left * across + x, top * down + y, right * across + x, bottom * down + y)


def _inner(said: _Parts, scale: _Scale) -> _Scale:
    """The scale of what is in a group."""
    box, inner = _box(said, scale), said.inner
    if box is None or inner is None or inner[2] <= inner[0] or inner[3] <= inner[1]:
        return scale
    across, down = box.width / (inner[2] - inner[0]), box.height / (inner[3] - inner[1])
    return across, down, box.left - inner[0] * across, box.top - inner[1] * down


def _rows(cells: Sequence[Shape]) -> tuple[str, ...]:
    """Rows of a table from the places of its cells."""
    rows: list[list[Shape]] = []
    for cell in sorted(cells, key=lambda c: c.box.top if c.box else 0):
        if rows and cell.box and rows[-1][0].box and cell.box.top - rows[-1][0].box.top <= _ROW:
            rows[-1].append(cell)
        else:
            rows.append([cell])
    found: list[str] = []
    for row in rows:
        row.sort(key=lambda c: c.box.left if c.box else 0)
        words = [" ".join(" ".join(cell.lines).split()) for cell in row]
        if any(words):
            found.append("\t".join(words))
    return tuple(found)
