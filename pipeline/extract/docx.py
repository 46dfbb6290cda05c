"""DOCX in document order: headers, paragraphs and tables with text boxes, notes, footers, comments."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator

from lxml import etree

from pipeline.extract import formats, package
from pipeline.extract.docx_blocks import Document, Lines, Story
from pipeline.extract.docx_numbering import read_numbering
from pipeline.extract.docx_parts import Parts, W
from pipeline.extract.docx_styles import Styles, read_styles, switch
from pipeline.extract.errors import Unreadable
from pipeline.records import Extraction, Page

MAX_DEPTH = 3  # documents imported by imported documents
MAX_CHUNKS = 200
MAX_HEADERS = 500
_NOTES = ("footnotes", "endnotes")


def read(data: bytes) -> Extraction:
    """One page with the text in reading order; headings by style and table rows as marks, headers,
    footers and comments as furniture.

    Raises Unreadable: CORRUPT, LIMIT_SIZE, LIMIT_DEPTH and the reasons of `package.check`.
    """
    return _read(data, 0)


def _read(data: bytes, depth: int) -> Extraction:
    package.check(data)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return read_parts(Parts(archive), "docx", depth)
    except (Unreadable, MemoryError, RecursionError):
        raise
    except Exception as error:  # KeyError, BadZipFile … for broken packages
        raise Unreadable("CORRUPT") from error


def read_parts(parts: Parts, kind: str, depth: int = 0) -> Extraction:
    """The document that a package holds. `depth`: how many documents have imported it."""
    main = parts.main()
    root = parts.xml(main)
    body = root.find(W + "body")
    if body is None:
        raise Unreadable("CORRUPT")
    styles = read_styles(parts.one(main, "styles"))
    lists = parts.one(main, "numbering")
    lines = Lines()
    chunks = _Chunks(parts, lines, depth)
    document = Document(lines, styles, read_numbering(lists), parts, chunks.read)
    for page in _headers(parts, main, root, styles, lists, "header"):
        lines.add(page)
    Story(document, main, root).blocks(body)
    _add_notes(document, parts, main)
    for page in _headers(parts, main, root, styles, lists, "footer"):
        lines.add(page)
    comments = parts.one(main, "comments")
    if comments is not None:
        Story(document, main, comments, furniture=True).blocks(comments)
    warnings = [w for w, is_so in (("REPAIRED", parts.repaired), ("PARTIAL", chunks.missing)) if is_so]
    return Extraction(kind, "lxml", (lines.page(),), tuple(warnings))


def _headers(
    parts: Parts, main: str, root: etree._Element, styles: Styles, lists: etree._Element | None, kind: str
) -> Iterator[Page]:
    """The headers (or footers) that show on some page, each text once."""
    names = parts.relations(main)
    shown = {"default"}
    if any(switch(section.find(W + "titlePg")) for section in root.iter(W + "sectPr")):
        shown.add("first")
    settings = parts.one(main, "settings")
    if settings is not None and switch(settings.find(W + "evenAndOddHeaders")):
        shown.add("even")
    wanted: dict[str, None] = {}
    for reference in root.iter(f"{W}{kind}Reference"):
        ident = next((str(v) for k, v in reference.attrib.items() if k.endswith("}id")), "")
        if reference.get(W + "type", "default") in shown and ident in names:
            wanted[names[ident].target] = None
    seen: set[str] = set()
    for name in list(wanted)[:MAX_HEADERS]:
        part = parts.optional(name)
        if part is None:
            continue
        lines = Lines()
        Story(Document(lines, styles, read_numbering(lists), parts), name, part, furniture=True).blocks(part)
        page = lines.page()
        if page.text.strip() and page.text not in seen:
            seen.add(page.text)
            yield page


def _add_notes(document: Document, parts: Parts, main: str) -> None:
    """Footnotes, then endnotes, in the order in which the text calls for them."""
    for kind in _NOTES:
        root = parts.one(main, kind)
        if root is None:
            continue
        notes = {note.get(W + "id", ""): note for note in root if isinstance(note.tag, str)}
        story = Story(document, f"{main.rpartition('/')[0]}/{kind}.xml", root)
        for of, ident in list(document.notes):
            if of == kind and ident in notes:
                story.blocks(notes[ident])


class _Chunks:
    """Reads what a document imports from a part in another format (`w:altChunk`)."""

    def __init__(self, parts: Parts, lines: Lines, depth: int) -> None:
        self.parts, self.lines, self.depth = parts, lines, depth
        self.read_so_far = 0
        self.missing = False  # one could not be read

    def read(self, part: str, ident: str) -> None:
        relation = self.parts.relations(part).get(ident)
        self.read_so_far += 1
        if relation is None or self.depth >= MAX_DEPTH or self.read_so_far > MAX_CHUNKS:
            self.missing = True
            return
        try:
            data = self.parts.blob(relation.target)
        except (KeyError, zipfile.BadZipFile):
            self.missing = True
            return
        try:
            if formats.sniff(data) == "docx":
                extraction = _read(data, self.depth + 1)
            else:
                extraction = formats.read(data, relation.target.rpartition(".")[2].lower())
        except Unreadable:
            self.missing = True
            return
        for page in extraction.pages:
            self.lines.add(page)
