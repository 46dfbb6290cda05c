"""The shapes of a slide's XML with their places: own, in their group, or from layout and master."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from lxml import etree

from pipeline.extract import pptx_text
from pipeline.extract.errors import Unreadable
from pipeline.extract.ooxml import Package, local
from pipeline.extract.slide_shapes import Box, Kind, Shape

MAX_GROUPS = 100  # levels of groups inside groups; PowerPoint itself stays below ten
_TITLES = {"title", "ctrTitle"}
FOOTERS = {"ftr", "dt", "sldNum", "hdr"}
PICTURE = "sldImg"  # of a page of notes: the slide itself
_PLACES = ("{*}spPr/{*}xfrm", "{*}grpSpPr/{*}xfrm", "{*}xfrm")
_WHOLE = (1.0, 1.0, 0.0, 0.0)


@dataclass(slots=True)
class Layouts:
    """Where layouts and masters put their placeholders; hundreds of slides share one."""

    parts: Package
    boxes: dict[str, dict[str, Box]] = field(default_factory=dict)

    def of(self, slide: str) -> dict[str, Box]:
        """Index (`#1`) or type of a placeholder -> the place that a slide's layout, or else its
        master, gives it."""
        layout = next(iter(self.parts.related(slide, "slideLayout")), "")
        if layout and layout not in self.boxes:
            self.boxes[layout] = found = {}
            for name in (*self.parts.related(layout, "slideMaster"), layout):
                for shape in self.parts.xml(name).iterfind("{*}cSld/{*}spTree/{*}sp"):
                    kind, box = _placeholder(shape), _box(shape, _WHOLE)
                    if kind and box:
                        found[kind[0]] = box
                        if name == layout and kind[1]:
                            found["#" + kind[1]] = box
        return self.boxes.get(layout, {})


def shapes_of(parts: Package, name: str, part: etree._Element, places: dict[str, Box]) -> list[Shape]:
    """Shapes of a slide or page of notes, in the order of the file."""
    tree = part.find("{*}cSld/{*}spTree")
    return [] if tree is None else _Reader(parts, name, places).tree(tree, _WHOLE, 0)


_Scale = tuple[float, float, float, float]
"""Factors and offsets (x, y) from the units of a group to those of the slide."""


@dataclass(frozen=True, slots=True)
class _Reader:
    parts: Package
    name: str
    places: dict[str, Box]

    def tree(self, tree: etree._Element, scale: _Scale, depth: int) -> list[Shape]:
        if depth > MAX_GROUPS:
            raise Unreadable("LIMIT_DEPTH")
        return [self.shape(node, scale, depth) for node in _children(tree)]

    def shape(self, node: etree._Element, scale: _Scale, depth: int) -> Shape:
        holder = _placeholder(node)
        box = _box(node, scale)
        if box is None and holder:
            box = self.places.get("#" + holder[1]) or self.places.get(holder[0])
        name = local(node)
        if name == "grpSp":
            return Shape(box, parts=tuple(self.tree(node, _inner(node, scale), depth + 1)))
        if name == "graphicFrame":
            return self.frame(node, box)
        kind: Kind = "text"
        lines = pptx_text.lines_of(node)
        if holder and holder[0] == PICTURE:
            return Shape(box)
        if holder and holder[0] in _TITLES:
            kind = "title"
        elif holder and holder[0] in FOOTERS:
            # The number of the slide and today's date are left out: nobody wrote them.
            number = holder[0] == "sldNum" and "".join(lines).strip().isdigit()
            if number or pptx_text.filled_in(node):
                return Shape(box)
            kind = "running"
        elif pptx_text.filled_in(node):
            kind = "footer"
        return Shape(box, kind, lines, frame=name == "sp")

    def frame(self, node: etree._Element, box: Box | None) -> Shape:
        """A table, diagram or chart. What an embedded document says is not the slide's."""
        if rows := pptx_text.rows_of(node):
            return Shape(box, "table", rows)
        lines = pptx_text.diagram(self.parts, self.name, node) or pptx_text.chart(self.parts, self.name, node)
        return Shape(box, "text", lines)


def _children(tree: etree._Element) -> Iterator[etree._Element]:
    """Shapes of a tree; where variants of one are given, the first."""
    for child in tree:
        if local(child) == "AlternateContent":
            variant = next((c for c in child if local(c) in ("Choice", "Fallback")), None)
            if variant is not None:
                yield from (c for c in variant if local(c))
        elif local(child):
            yield child


def _placeholder(shape: etree._Element) -> tuple[str, str] | None:
    """(type, index) of a placeholder, None for other shapes."""
    for path in ("{*}nvSpPr", "{*}nvGraphicFramePr", "{*}nvPicPr"):
        found = shape.find(f"{path}/{{*}}nvPr/{{*}}ph")
        if found is not None:
            return found.get("type", "obj"), found.get("idx", "")
    return None


def _place(shape: etree._Element) -> etree._Element | None:
    return next((found for path in _PLACES if (found := shape.find(path)) is not None), None)


def _pair(place: etree._Element, name: str, first: str, second: str) -> tuple[float, float] | None:
    node = place.find(f"{{*}}{name}")
    return None if node is None else (float(node.get(first, "0")), float(node.get(second, "0")))


def _box(shape: etree._Element, scale: _Scale) -> Box | None:
    place = _place(shape)
    corner = None if place is None else _pair(place, "off", "x", "y")
    if place is None or corner is None:
        return None
    size = _pair(place, "ext", "cx", "cy") or (0.0, 0.0)
    left, top = corner[0] * scale[0] + scale[2], corner[1] * scale[1] + scale[3]
    return Box(left, top, left + size[0] * scale[0], top + size[1] * scale[1])


def _inner(group: etree._Element, scale: _Scale) -> _Scale:
    """The scale of what is in a group."""
    place = _place(group)
    if place is None:
        return scale
    corner = _pair(place, "off", "x", "y") or (0.0, 0.0)
    size, inside = _pair(place, "ext", "cx", "cy"), _pair(place, "chExt", "cx", "cy")
    origin = _pair(place, "chOff", "x", "y") or (0.0, 0.0)
    across = size[0] / inside[0] if size and inside and inside[0] else 1.0
    down = size[1] / inside[1] if size and inside and inside[1] else 1.0
    return (
        scale[0] * across,
        scale[1] * down,
        scale[2] + scale[0] * (corner[0] - origin[0] * across),
        scale[3] + scale[1] * (corner[1] - origin[1] * down),
    )
