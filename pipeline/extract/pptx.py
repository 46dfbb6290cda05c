"""PPTX in presentation order: a page per slide, its title as a heading, then shapes as they are read.

Names are matched without their namespace, so that packages of the strict variant read alike.
"""

from __future__ import annotations

import io
import itertools
import posixpath
import re
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from lxml import etree

from pipeline.extract import package
from pipeline.extract.errors import Unreadable
from pipeline.records import Extraction, Mark, Page

MAX_PARAGRAPHS = 200_000
MAX_CHARS = 20_000_000
MAX_GROUPS = 100  # levels of groups inside groups; PowerPoint itself stays below ten
CELL = "\t"
LONG = 20
"""Characters from which a blank line follows a paragraph: four bullets of 22 characters without a
full stop were taken for one wrapped sentence."""
ROWS = 40
"""Shapes whose upper edges differ by less than a fortieth of the slide (5 mm) stand in one row:
boxes placed by hand are never quite level."""
_TITLES = {"title", "ctrTitle"}
_FOOTERS = {"ftr", "dt", "sldNum", "hdr"}
_BREAK = re.compile(r"(?<=[\u2e80-\u9fff])[ \t]*\x0b\s*(?=[\u2e80-\u9fff])")
"""A break inside a Chinese title: one name set in two lines, not two."""
_FILLED_IN = ("slidenum", "datetime")
"""Fields whose value the program fills in when it shows the slide."""
_MAIN = "ppt/presentation.xml"


def read(data: bytes) -> Extraction:
    """One page per slide, hidden ones too; titles and table rows as marks, notes at the end."""
    package.check(data)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            pages = _pages(_Package(archive))
    except (Unreadable, MemoryError):
        raise
    except Exception as error:  # KeyError, XMLSyntaxError … for broken packages
        raise Unreadable("CORRUPT") from error
    return Extraction("pptx", "lxml", pages)


def _pages(parts: _Package) -> tuple[Page, ...]:
    main = parts.xml(_MAIN)
    size = main.find("{*}sldSz")
    height = int(size.get("cy", "0")) if size is not None else 0
    targets = parts.relations(_MAIN)
    # A slide listed twice is read once, like a page of a PDF.
    order = dict.fromkeys(targets[_rel_id(item)].target for item in main.iterfind("{*}sldIdLst/{*}sldId"))
    paragraphs = 0
    pages: list[Page] = []
    for number, name in enumerate(order, start=1):
        slide = parts.xml(name)
        paragraphs += sum(1 for _ in slide.iter("{*}p"))
        if paragraphs > MAX_PARAGRAPHS:
            raise Unreadable("LIMIT_SIZE")
        writer = _Writer(parts, name)
        writer.shapes(slide.find("{*}cSld/{*}spTree"), height or 6_858_000, _placeholders(parts, name))
        for notes in parts.related(name, "notesSlide"):
            writer = writer.continued(notes)
            writer.shapes(parts.xml(notes).find("{*}cSld/{*}spTree"), 9_144_000, {}, notes=True)
        pages.append(Page(number, "".join(writer.pieces), tuple(writer.marks), flows=True))
    return tuple(pages)


# --- the package -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Relation:
    kind: str  # the last word of its type: slide, notesSlide, slideLayout, diagramData …
    target: str  # a part of the package


class _Package:
    """Parts by name, in the letter case the package writes them."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self.archive = archive
        self.places: dict[str, dict[str, _Place]] = {}  # by layout: hundreds of slides share one
        self.names = {name.lower(): name for name in archive.namelist()}

    def xml(self, name: str) -> etree._Element:
        return etree.fromstring(self.archive.read(self.names[name.lower()]), package.xml_parser())

    def relations(self, name: str) -> dict[str, _Relation]:
        """Relation id -> part, of those inside the package."""
        folder, base = posixpath.split(name)
        rels = f"{folder}/_rels/{base}.rels"
        if rels.lower() not in self.names:
            return {}
        found: dict[str, _Relation] = {}
        for item in self.xml(rels):
            if item.get("TargetMode") != "External":
                target = posixpath.normpath(posixpath.join("/" + folder, item.get("Target", "")))
                kind = item.get("Type", "").rpartition("/")[2]
                found[item.get("Id", "")] = _Relation(kind, target.lstrip("/"))
        return found

    def related(self, name: str, kind: str) -> list[str]:
        """Parts of one kind that a part refers to and that exist."""
        relations = self.relations(name).values()
        return [r.target for r in relations if r.kind == kind and r.target.lower() in self.names]


def _rel_id(node: etree._Element, name: str = "id") -> str:
    """The relation that an `r:…` attribute names (`id` without a namespace is something else)."""
    return next((str(v) for k, v in node.attrib.items() if k.endswith(f"}}{name}")), "")


def _local(node: etree._Element) -> str:
    return node.tag.rpartition("}")[2] if isinstance(node.tag, str) else ""


# --- where shapes stand ------------------------------------------------------------------------

_Place = tuple[int, int]  # y, x from the upper left corner in EMU


def _placeholder(shape: etree._Element) -> tuple[str, str] | None:
    """(type, index) of a placeholder, None for other shapes."""
    found = shape.find("{*}nvSpPr/{*}nvPr/{*}ph")
    if found is None:
        found = shape.find("{*}nvGraphicFramePr/{*}nvPr/{*}ph")
    return None if found is None else (found.get("type", "obj"), found.get("idx", ""))


def _place(shape: etree._Element) -> _Place | None:
    for path in ("{*}spPr/{*}xfrm/{*}off", "{*}grpSpPr/{*}xfrm/{*}off", "{*}xfrm/{*}off"):
        offset = shape.find(path)
        if offset is not None:
            return int(offset.get("y", "0")), int(offset.get("x", "0"))
    return None


def _placeholders(parts: _Package, slide: str) -> dict[str, _Place]:
    """Index or type of a placeholder -> the place its layout or master gives it."""
    layout = next(iter(parts.related(slide, "slideLayout")), "")
    if not layout or layout in parts.places:
        return parts.places.get(layout, {})
    places: dict[str, _Place] = {}
    for name in (*parts.related(layout, "slideMaster"), layout):
        for shape in parts.xml(name).iterfind("{*}cSld/{*}spTree/{*}sp"):
            kind, place = _placeholder(shape), _place(shape)
            if kind and place:
                places[kind[0]] = place
                if name == layout and kind[1]:
                    places["#" + kind[1]] = place
    parts.places[layout] = places
    return places


def _in_order(
    shapes: Sequence[etree._Element], height: int, places: dict[str, _Place]
) -> list[etree._Element]:
    """Shapes from top to bottom, those of a row from left to right; one without a place stays
    behind the shape before it."""
    last: _Place = (-1, -1)
    placed: list[tuple[_Place, etree._Element]] = []
    for shape in shapes:
        kind = _placeholder(shape)
        inherited = (places.get("#" + kind[1]) or places.get(kind[0])) if kind else None
        last = _place(shape) or inherited or last
        placed.append((last, shape))
    placed.sort(key=lambda item: item[0][0])
    ordered: list[etree._Element] = []
    row: list[tuple[_Place, etree._Element]] = []
    for item in placed:
        if row and item[0][0] - row[0][0][0] > height / ROWS:
            ordered += _row(row)
            row = []
        row.append(item)
    return ordered + _row(row)


def _row(row: list[tuple[_Place, etree._Element]]) -> list[etree._Element]:
    return [shape for _, shape in sorted(row, key=lambda item: item[0][1])]


# --- what they say -----------------------------------------------------------------------------


class _Writer:
    """Collects the text and marks of a slide."""

    def __init__(self, parts: _Package, name: str) -> None:
        self.parts = parts
        self.name = name
        self.pieces: list[str] = []
        self.marks: list[Mark] = []
        self.length = 0

    def continued(self, name: str) -> _Writer:
        """The same page, written on from another part."""
        writer = _Writer(self.parts, name)
        writer.pieces, writer.marks, writer.length = self.pieces, self.marks, self.length
        return writer

    def line(self, text: str, mark: str = "", level: int = 0) -> None:
        if not text.strip():
            return
        if mark:
            self.marks.append(Mark(self.length, self.length + len(text), mark, level))  # type: ignore[arg-type]
        end = "\n\n" if not mark and len(text) >= LONG else "\n"
        self.pieces.append(text + end)
        self.length += len(text) + len(end)
        if self.length > MAX_CHARS:
            raise Unreadable("LIMIT_SIZE")

    def shapes(
        self,
        tree: etree._Element | None,
        height: int,
        places: dict[str, _Place],
        *,
        notes: bool = False,
        depth: int = 0,
    ) -> None:
        """Shapes of a tree or group: the title first, then by place. Of a page of notes, what
        PowerPoint repeats there (the slide's picture, header, footer) is left out."""
        if tree is None:
            return
        if depth > MAX_GROUPS:
            raise Unreadable("LIMIT_DEPTH")
        others: list[etree._Element] = []
        for shape in _children(tree):
            kind = _placeholder(shape)
            if kind and kind[0] in _TITLES:
                self.line(" ".join(_BREAK.sub("", _text(shape)).split()), "heading", 1)
            elif not notes or kind is None or kind[0] not in (*_FOOTERS, "sldImg"):
                others.append(shape)
        for shape in _in_order(others, height, places):
            name = _local(shape)
            if name == "grpSp":
                extent = shape.find("{*}grpSpPr/{*}xfrm/{*}chExt")
                inside = int(extent.get("cy", "0")) if extent is not None else height
                self.shapes(shape, inside, {}, notes=notes, depth=depth + 1)
            elif name == "graphicFrame":
                self.frame(shape)
            else:
                kind = _placeholder(shape)
                footer = kind is not None and kind[0] in _FOOTERS
                for line in _text(shape, filled_in=not footer).splitlines():
                    self.line(line, "furniture" if footer else "")

    def frame(self, frame: etree._Element) -> None:
        """A table row by row, or the text of a diagram (SmartArt)."""
        for table in frame.iterfind(".//{*}tbl"):
            for row in table.iterfind("{*}tr"):
                cells = [" ".join(_text(cell).split()) for cell in row.iterfind("{*}tc")]
                if any(cells):
                    self.line(CELL.join(cells), "table")
        relations = self.parts.relations(self.name) if frame.find(".//{*}relIds") is not None else {}
        for ids in frame.iterfind(".//{*}relIds"):
            relation = relations.get(_rel_id(ids, "dm"))
            if relation and relation.target.lower() in self.parts.names:
                for line in _diagram(self.parts.xml(relation.target)):
                    self.line(line)


def _children(tree: etree._Element) -> Iterator[etree._Element]:
    """Shapes of a tree; where variants of one are given, the first."""
    for child in tree:
        if _local(child) == "AlternateContent":
            variant = next((c for c in child if _local(c) in ("Choice", "Fallback")), None)
            if variant is not None:
                yield from (c for c in variant if _local(c))
        elif _local(child):
            yield child


def _text(shape: etree._Element, *, filled_in: bool = True) -> str:
    """Text of a shape or cell, a paragraph a line."""
    body = shape.find("{*}txBody")
    paragraphs = () if body is None else body.iterfind("{*}p")
    return "\n".join(_paragraph(p, filled_in=filled_in) for p in paragraphs)


def _paragraph(node: etree._Element, *, filled_in: bool = True) -> str:
    """Runs, fields and formulas of a paragraph, with \\v for a break. Without `filled_in`, the
    slide number and today's date of a footer are left out: nobody wrote them."""
    out: list[str] = []
    stack = [*reversed(node)]
    while stack:
        item = stack.pop()
        name = _local(item)
        if name == "t":
            out.append(item.text or "")
        elif name == "br":
            out.append("\x0b")
        elif name == "tab":
            out.append("\t")
        elif name == "fld" and not filled_in and item.get("type", "").startswith(_FILLED_IN):
            continue
        elif name and name not in ("pPr", "rPr", "endParaRPr", "Fallback"):
            stack.extend(reversed(item))
    return "".join(out)


def _diagram(model: etree._Element) -> Iterator[str]:
    """Points of a diagram, each before those that hang from it."""
    points = {p.get("modelId", ""): p for p in model.iterfind("{*}ptLst/{*}pt")}
    below: dict[str, list[tuple[int, str]]] = {}
    for link in model.iterfind("{*}cxnLst/{*}cxn"):
        if link.get("type", "parOf") == "parOf":
            child = (int(link.get("srcOrd", "0")), link.get("destId", ""))
            below.setdefault(link.get("srcId", ""), []).append(child)
    roots = [ident for ident, point in points.items() if point.get("type") == "doc"]
    seen: set[str] = set()
    stack = [*reversed(points), *roots]  # points that hang from nothing come last
    while stack:
        ident = stack.pop()
        if ident in seen or ident not in points:
            continue
        seen.add(ident)
        paragraphs = points[ident].iterfind("{*}t/{*}p")
        yield from itertools.chain.from_iterable(_paragraph(p).splitlines() for p in paragraphs)
        stack += [child for _, child in sorted(below.get(ident, []), reverse=True)]
