"""DOCX in document order: paragraphs, tables row by row, text boxes, then notes."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator

import docx
from lxml import etree

from pipeline.extract import package
from pipeline.extract.errors import Unreadable
from pipeline.records import Extraction, Mark, Page

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
MC = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
M = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
MAX_PARAGRAPHS = 200_000
CELL = "\t"
_SKIP = {W + "del", W + "moveFrom", MC + "Fallback", W + "instrText", W + "delText"}


def read(data: bytes) -> Extraction:
    """One page with the text in reading order; headings by style and table rows as marks."""
    package.check(data)
    try:
        document = docx.Document(io.BytesIO(data))
        body = document.element.body
    except Exception as error:  # python-docx raises KeyError, AttributeError … for broken packages
        raise Unreadable("CORRUPT") from error
    if sum(1 for _ in body.iter(W + "p")) > MAX_PARAGRAPHS:
        raise Unreadable("LIMIT_SIZE")
    writer = _Writer(_heading_levels(document))
    writer.blocks(body)
    for part in _side_parts(data):
        writer.blocks(part)
    text = "".join(writer.pieces)
    return Extraction("docx", "python-docx", (Page(1, text, tuple(writer.marks), flows=True),))


def _heading_levels(document: object) -> dict[str, int]:
    """Style id -> heading level, through `basedOn` and outline levels; names in both languages."""
    levels: dict[str, int] = {}
    bases: dict[str, str] = {}
    styles = document.styles.element  # type: ignore[attr-defined]
    for style in styles.iter(W + "style"):
        ident = style.get(W + "styleId", "")
        name = style.find(W + "name")
        label = (name.get(W + "val", "") if name is not None else "").lower()
        if match := re.fullmatch(r"(?:heading|标题) ?([1-9])", label):
            levels[ident] = int(match.group(1))
        elif label in ("title", "标题"):
            levels[ident] = 1
        outline = style.find(f"{W}pPr/{W}outlineLvl")
        if outline is not None and outline.get(W + "val", "9").isdigit() and int(outline.get(W + "val")) < 9:
            levels.setdefault(ident, int(outline.get(W + "val")) + 1)
        base = style.find(W + "basedOn")
        if base is not None:
            bases[ident] = base.get(W + "val", "")
    for ident in list(bases):
        seen, at = {ident}, bases[ident]
        while at and at not in levels and at not in seen:
            seen.add(at)
            at = bases.get(at, "")
        if at in levels:
            levels.setdefault(ident, levels[at])
    return levels


def _side_parts(data: bytes) -> Iterator[etree._Element]:
    """Footnotes and endnotes, which a reader of the page sees too."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        names = set(archive.namelist())
        for name in ("word/footnotes.xml", "word/endnotes.xml"):
            if name in names:
                root = etree.fromstring(archive.read(name), package.xml_parser())
                for note in root:
                    if note.get(W + "type") is None:  # separators have a type, notes do not
                        yield note


class _Writer:
    """Collects text and marks while walking the body."""

    def __init__(self, levels: dict[str, int]) -> None:
        self.levels = levels
        self.pieces: list[str] = []
        self.marks: list[Mark] = []
        self.length = 0

    def line(self, text: str, mark: str = "", level: int = 0) -> None:
        if mark and text.strip():
            self.marks.append(Mark(self.length, self.length + len(text), mark, level))  # type: ignore[arg-type]
        self.pieces.append(text + "\n")
        self.length += len(text) + 1

    def blocks(self, parent: etree._Element) -> None:
        """Block-level children in order; containers such as content controls are entered."""
        for child in parent:
            if child.tag == W + "p":
                self.paragraph(child)
            elif child.tag == W + "tbl":
                self.table(child)
            elif isinstance(child.tag, str) and child.tag not in _SKIP:
                self.blocks(child)

    def paragraph(self, node: etree._Element) -> None:
        boxes: list[etree._Element] = []
        text = _inline(node, boxes)
        style = node.find(f"{W}pPr/{W}pStyle")
        level = self.levels.get(style.get(W + "val", ""), 0) if style is not None else 0
        outline = node.find(f"{W}pPr/{W}outlineLvl")
        if outline is not None and outline.get(W + "val", "").isdigit() and int(outline.get(W + "val")) < 9:
            level = int(outline.get(W + "val")) + 1
        self.line(text, "heading" if level else "", level)
        for box in boxes:
            self.blocks(box)

    def table(self, node: etree._Element) -> None:
        """One line a row, cells joined by tabs; a cell that continues a vertical merge is empty."""
        boxes: list[etree._Element] = []
        for row in _rows(node):
            cells = []
            for cell in row:
                merge = cell.find(f"{W}tcPr/{W}vMerge")
                if merge is not None and merge.get(W + "val") != "restart":
                    cells.append("")
                    continue
                lines = [_inline(p, boxes) for p in _paragraphs(cell)]
                cells.append(" ".join(line.strip() for line in lines if line.strip()))
            if any(cells):
                self.line(CELL.join(cells), "table")
        self.line("")
        for box in boxes:
            self.blocks(box)


def _paragraphs(cell: etree._Element) -> Iterator[etree._Element]:
    """Paragraphs of a cell, those of nested tables included, those of text boxes not: `_inline`
    sets boxes aside, and a box stands twice in the file (the old form under mc:Fallback)."""
    for child in cell:
        if child.tag == W + "p":
            yield child
        elif isinstance(child.tag, str) and child.tag not in _SKIP and child.tag != W + "txbxContent":
            yield from _paragraphs(child)


def _rows(table: etree._Element) -> Iterator[list[etree._Element]]:
    for row in table.iter(W + "tr"):
        owner = next((a for a in row.iterancestors(W + "tbl")), None)
        if owner is table:  # rows of a nested table are inside a cell's paragraphs already
            yield [c for c in row.iter(W + "tc") if next(c.iterancestors(W + "tr")) is row]


def _inline(node: etree._Element, boxes: list[etree._Element]) -> str:
    """Text of a paragraph's runs without deleted text and field codes; boxes are set aside."""
    out: list[str] = []
    stack: list[etree._Element] = [*reversed(node)]
    while stack:
        item = stack.pop()
        tag = item.tag
        if not isinstance(tag, str) or tag in _SKIP:
            continue
        if tag in (W + "t", M + "t"):
            out.append(item.text or "")
        elif tag == W + "tab":
            if item.getparent().tag == W + "r":
                out.append("\t")
        elif tag in (W + "br", W + "cr"):
            out.append("\n")
        elif tag == W + "noBreakHyphen":
            out.append("-")
        elif tag == W + "txbxContent":
            boxes.append(item)
        elif tag != W + "rPr" and tag != W + "pPr":
            if tag == W + "r" and item.find(f"{W}rPr/{W}vanish") is not None:
                continue
            stack.extend(reversed(item))
    return "".join(out)
