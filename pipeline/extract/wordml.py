"""Word documents that are one XML file: Word 2003 XML, and a package written flat (flat OPC).

Sources: the WordprocessingML reference schema of 2003; ISO/IEC 29500-2 for the parts of a package.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from lxml import etree

from pipeline.extract import docx, package
from pipeline.extract.docx_blocks import Document, Lines, Story
from pipeline.extract.docx_numbering import Numbering
from pipeline.extract.docx_parts import FlatParts, W, count_paragraphs
from pipeline.extract.docx_runs import AML
from pipeline.extract.docx_styles import Styles, read_styles, switch
from pipeline.extract.errors import Unreadable
from pipeline.records import Extraction, Page

_PKG = "{http://schemas.microsoft.com/office/2006/xmlPackage}"
_ROOT = re.compile(
    r"(?:<\?(?!mso-application)[^>]*>\s*)*(?:<\?mso-application(?P<program>[^>]*)>\s*)?(?:<!--[^>]*-->\s*)*"
    r"<(?:[\w.-]+:)?(?P<root>wordDocument|package)[\s>]"
)
# The names of 2003 but for the family: the same elements as in DOCX, with few exceptions.
_NAMESPACE_2003 = re.compile(
    rb"""(xmlns(?::[\w.-]+)?\s*=\s*["'])http://schemas\.microsoft\.com/office/word/2003/wordml(?=["'])"""
)
_BINARY = re.compile(rb"<((?:pkg|w):binData)\b[^>]*>[^<]*</\1>")


def recognise(head: str) -> bool:
    """Whether a file begins as one of the two forms. A package of another program is none of Word:
    Office names the program before the root element."""
    match = _ROOT.match(head.removeprefix("\ufeff"))
    if match is None:
        return False
    program = match["program"]
    return match["root"] == "wordDocument" or not program or "Word.Document" in program


def read(data: bytes) -> Extraction:
    """One page with the text in document order, as `docx.read` gives it.

    Raises Unreadable: CORRUPT, XML_DTD, LIMIT_SIZE, LIMIT_DEPTH.
    """
    if len(data) > package.MAX_INFLATED:
        raise Unreadable("LIMIT_SIZE")
    data = _BINARY.sub(b"", package.utf8(data))  # pictures, larger than a text node may be
    count_paragraphs(data)
    root, repaired = package.parse(
        _NAMESPACE_2003.sub(lambda match: match.group(1) + W.strip("{}").encode(), data)
    )
    try:
        if root.tag == _PKG + "package":
            return docx.read_parts(FlatParts(_roots(root), repaired=repaired), "wordml")
        page = _document(root)
    except (Unreadable, MemoryError, RecursionError):
        raise
    except Exception as error:
        raise Unreadable("CORRUPT") from error
    return Extraction("wordml", "lxml", (page,), ("REPAIRED",) if repaired else ())


def _roots(root: etree._Element) -> dict[str, etree._Element]:
    """Name -> root of the parts of a flat package that are XML."""
    found: dict[str, etree._Element] = {}
    for part in root.iterchildren(_PKG + "part"):
        content = part.find(f"{_PKG}xmlData/*")
        if content is not None:
            found[part.get(_PKG + "name", "").lstrip("/")] = content
    return found


def _document(root: etree._Element) -> Page:
    """A Word 2003 document: headers, body with the notes where they are called, footers, comments."""
    body = root.find(W + "body")
    if root.tag != W + "wordDocument" or body is None:
        raise Unreadable("CORRUPT")
    styles = read_styles(root.find(W + "styles"))
    lines = Lines()
    document = Document(lines, styles, Numbering())
    for page in _headers(body, styles, "hdr"):
        lines.add(page)
    Story(document, "", body).blocks(body)
    for page in _headers(body, styles, "ftr"):
        lines.add(page)
    for comment in body.iter(AML + "annotation"):
        content = comment.find(AML + "content")
        if content is not None and comment.get(W + "type") == "Word.Comment":
            Story(document, "", content, furniture=True).blocks(content)
    return lines.page()


def _headers(body: etree._Element, styles: Styles, name: str) -> Iterator[Page]:
    """The headers (or footers) that show on some page, each text once."""
    first = any(switch(section.find(W + "titlePg")) for section in body.iter(W + "sectPr"))
    seen: set[str] = set()
    for node in body.iter(W + name):
        if node.get(W + "type", "odd") == "first" and not first:
            continue
        lines = Lines()
        Story(Document(lines, styles, Numbering()), "", node, furniture=True).blocks(node)
        page = lines.page()
        if page.text.strip() and page.text not in seen:
            seen.add(page.text)
            yield page
