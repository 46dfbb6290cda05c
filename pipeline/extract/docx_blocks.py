"""Paragraphs and tables of a Word document, written as lines with marks in document order."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from lxml import etree

from pipeline.extract import pptx_text
from pipeline.extract.docx_fields import Fields, unclosed
from pipeline.extract.docx_numbering import BULLET, Numbering, spaced
from pipeline.extract.docx_parts import Parts, W
from pipeline.extract.docx_runs import MC, A, Found, is_dropped, read_runs, variants
from pipeline.extract.docx_styles import Styles, heading_level, value, whole
from pipeline.extract.errors import Unreadable
from pipeline.records import Mark, Page

CELL = "\t"
MAX_CHARS = 20_000_000
MAX_GRAPHICS = 1_000  # charts and diagrams
PROSE_PARAGRAPHS, PROSE_CHARS = 4, 400
"""A cell of that many paragraphs and characters is a page of a form: cut into its paragraphs, not
one line of a table."""
_BREAK = re.compile(r"(?<=[\u2e80-\u9fff\uff00-\uffef])[ \t]*\n\s*(?=[\u2e80-\u9fff\uff00-\uffef])")
"""A break inside a Chinese title: one name set in two lines, not two."""
_WORD = re.compile(r"[^\W_]")
_WX = "{http://schemas.microsoft.com/office/word/2003/auxHint}"


@dataclass(slots=True)
class Lines:
    """The page that is being written."""

    pieces: list[str] = field(default_factory=list)
    marks: list[Mark] = field(default_factory=list)
    length: int = 0

    def line(self, text: str, kind: str = "", level: int = 0) -> None:
        """One line; a mark over it where it is more than a line of text."""
        if kind and text.strip():
            self.marks.append(Mark(self.length, self.length + len(text), kind, level))  # type: ignore[arg-type]
        self.pieces.append(text + "\n")
        self.length += len(text) + 1
        if self.length > MAX_CHARS:
            raise Unreadable("LIMIT_SIZE")

    def add(self, page: Page) -> None:
        """A page that another reader made."""
        self.marks += [Mark(m.start + self.length, m.end + self.length, m.kind, m.level) for m in page.marks]
        self.pieces.append(page.text.rstrip("\n") + "\n")
        self.length += len(self.pieces[-1])

    def page(self) -> Page:
        return Page(1, "".join(self.pieces), tuple(self.marks), flows=True)


@dataclass(frozen=True, slots=True)
class _Paragraph:
    label: str
    level: int
    found: Found

    @property
    def text(self) -> str:
        """Its text with the number of the list before it."""
        return self.label + self.found.text if self.found.text.strip() else self.found.text

    def in_cell(self) -> str:
        """On one line and without tabs, which part cells; a number stands in a cell on its own too."""
        bare = self.label if BULLET not in self.label else ""
        return " ".join((self.label + self.found.text if self.found.text.strip() else bare).split())


@dataclass(slots=True)
class Document:
    """What the stories of one document share."""

    lines: Lines
    styles: Styles
    numbering: Numbering
    parts: Parts | None = None  # None for Word 2003 XML, which is one file
    chunk: Callable[[str, str], None] | None = None  # reads what a part has imported (altChunk)
    notes: dict[tuple[str, str], None] = field(default_factory=dict)  # those called for, in order
    seen: set[tuple[str, str]] = field(default_factory=set)  # charts and diagrams, each read once


class Story:
    """Writes the blocks of one part: body, header, notes, comments. `name`: that of the part.
    `furniture`: every line of it is marked as such."""

    def __init__(self, document: Document, name: str, root: etree._Element, *, furniture: bool = False):
        self.document, self.name, self.furniture = document, name, furniture
        self.fields = Fields(unclosed(root))

    def line(self, text: str, kind: str = "", level: int = 0) -> None:
        if not self.furniture:
            self.document.lines.line(text, kind, level)
        elif text.strip():
            self.document.lines.line(text, "furniture")

    def blocks(self, parent: etree._Element) -> None:
        """Paragraphs and tables below an element in order; containers such as content controls are
        entered."""
        for child in _content(parent):
            if child.tag == W + "p":
                self.write(self.paragraph(child))
            elif child.tag == W + "tbl":
                self.table(child)
            elif child.tag == W + "altChunk":
                if self.document.chunk:
                    self.document.chunk(self.name, _rel_id(child))
            else:
                self.blocks(child)

    def paragraph(self, node: etree._Element) -> _Paragraph:
        """A paragraph with its heading level and the next number of its list."""
        styles = self.document.styles
        style = value(node, "pPr", "pStyle") or styles.default
        own = heading_level(value(node, "pPr", "outlineLvl"))
        level = styles.level(style) if own is None else own
        return _Paragraph(self._label(node, style), level, read_runs(node, styles, self.fields))

    def _label(self, node: etree._Element, style: str) -> str:
        """The number of a list before a paragraph, which Word does not store but counts."""
        number, depth = self.document.styles.list_of(style)
        properties = node.find(W + "pPr")
        if properties is not None:
            shown = properties.find(f"{W}listPr/{_WX}t")
            if shown is not None:  # Word 2003 XML says what it shows
                label = str(shown.get(_WX + "val", "")).strip()
                return spaced(label if _WORD.search(label) or not label else BULLET)
            if properties.find(f"{W}rPr/{W}del") is not None:  # deleted: not counted
                return ""
            own, place = value(properties, "numPr", "numId"), whole(value(properties, "numPr", "ilvl"))
            number, depth = own or number, depth if place is None else place
        if not number:
            return ""
        return self.document.numbering.label(
            number, self.document.numbering.depth(number, style) if depth is None else depth
        )

    def write(self, paragraph: _Paragraph) -> None:
        """A paragraph as a line, then what hangs on it."""
        text = paragraph.text
        if paragraph.level:
            text = " ".join(_BREAK.sub("", text).split("\n"))
        self.line(text, "heading" if paragraph.level else "", paragraph.level)
        self.asides(paragraph.found)

    def asides(self, found: Found) -> None:
        """Text boxes, notes, charts and diagrams of a paragraph."""
        self.document.notes.update(dict.fromkeys(found.notes))
        for item in found.aside:
            if isinstance(item, str):
                self.line(item)
            elif item.tag == A + "p":
                self.line(pptx_text.paragraph(item).replace("\x0b", "\n"))
            elif item.tag == A + "graphicData":
                self.graphic(item)
            else:
                outer, self.fields.open = self.fields.open, []
                self.blocks(item)
                self.fields.open = outer

    def graphic(self, data: etree._Element) -> None:
        """A chart's titles and names, a diagram's texts; each part of the package once."""
        document = self.document
        ids = [v for e in data for k, v in e.attrib.items() if k.endswith(("}id", "}dm"))]
        key = (self.name, str(ids[0]) if ids else "")
        if document.parts is None or key in document.seen or len(document.seen) >= MAX_GRAPHICS:
            return
        document.seen.add(key)
        frame = data.getparent()
        try:
            texts = pptx_text.diagram(document.parts, self.name, frame) or pptx_text.chart(
                document.parts, self.name, frame
            )
        except Unreadable as error:
            if error.reason != "CORRUPT":  # a broken chart takes no text of the document away
                raise
            return
        for text in texts:
            self.line(text)

    # --- tables --------------------------------------------------------------------------------

    def table(self, node: etree._Element) -> None:
        """One line a row, cells joined by tabs; a cell that continues a vertical merge is empty.

        A row that is only there for the layout (one cell around paragraphs, a cell that holds a
        table or a page of prose) is written as what its cells hold."""
        for row in _inside(node, "tr"):
            if row.find(f"{W}trPr/{W}del") is not None:
                continue
            cells = list(_inside(row, "tc"))
            if any(next(cell.iterdescendants(W + "tbl", W + "altChunk"), None) is not None for cell in cells):
                for cell in cells:
                    self.blocks(cell)
                continue
            contents = [[self.paragraph(p) for p in _paragraphs(c)] if _shown(c) else [] for c in cells]
            kept = [[p for p in cell if p.in_cell()] for cell in contents]
            alone = len(kept) == 1 and (len(kept[0]) > 1 or any(p.level for p in kept[0]))
            if alone or any(map(_is_prose, kept)):
                for paragraph in (p for cell in contents for p in cell):
                    if paragraph.in_cell() or paragraph.found.aside:
                        self.write(paragraph)
                continue
            texts = [" ".join(p.in_cell() for p in cell) for cell in kept]
            if any(texts):
                self.line(CELL.join(texts), "table")
            for paragraph in (p for cell in contents for p in cell):
                self.asides(paragraph.found)
        self.line("")


def _is_prose(cell: list[_Paragraph]) -> bool:
    return len(cell) >= PROSE_PARAGRAPHS and sum(len(p.found.text) for p in cell) >= PROSE_CHARS


def _shown(cell: etree._Element) -> bool:
    """Whether a cell is not covered by the one it is merged with."""
    merge = cell.find(f"{W}tcPr/{W}vMerge")
    if merge is None:
        merge = cell.find(f"{W}tcPr/{W}vmerge")  # as Word 2003 XML writes it
    return merge is None or merge.get(W + "val") == "restart"


def _content(parent: etree._Element) -> Iterator[etree._Element]:
    for child in parent:
        if child.tag == MC + "AlternateContent":
            yield from variants(child)
        elif not is_dropped(child):
            yield child


def _inside(node: etree._Element, name: str) -> Iterator[etree._Element]:
    """Rows of a table or cells of a row, also within content controls and the like."""
    for child in _content(node):
        if child.tag == W + name:
            yield child
        elif child.tag not in (W + "tbl", W + "tr", W + "tc", W + "p"):
            yield from _inside(child, name)


def _paragraphs(cell: etree._Element) -> Iterator[etree._Element]:
    """Paragraphs of a cell without a table; those of text boxes are below their paragraph."""
    return _inside(cell, "p")


def _rel_id(node: etree._Element) -> str:
    return next((str(v) for k, v in node.attrib.items() if k.endswith("}id")), "")
