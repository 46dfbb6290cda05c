"""The table of formats: what a file is by its content, and who reads it.

A new format is one module with `read(data) -> Extraction` and one line in `FORMATS`.
"""

from __future__ import annotations

import importlib
import io
import re
import zipfile
from dataclasses import dataclass, replace

from pipeline.extract import quality
from pipeline.extract.errors import Unreadable
from pipeline.records import Extraction

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


@dataclass(frozen=True, slots=True)
class Format:
    type: str
    module: str  # below pipeline.extract; imported on first use, so a reader costs nothing unused
    extensions: tuple[str, ...]


FORMATS = {
    f.type: f
    for f in (
        Format("pdf", "pdf", ("pdf",)),
        Format("docx", "docx", ("docx", "docm", "dotx")),
        Format("doc", "doc", ("doc", "dot", "wps")),
        Format("pptx", "pptx", ("pptx", "pptm", "ppsx", "ppsm", "potx")),
        Format("html", "webpage", ("html", "htm", "xhtml", "shtml")),
        Format("txt", "txt", ("txt", "md", "text", "csv", "tsv", "log", "")),
    )
}
_TEXT_BUT_NOT_PLAIN = re.compile(rb"\s*(<\?xml|\{\\rtf|mime-version:|from: <saved by|%!ps)", re.IGNORECASE)
_HTML_PAGE = re.compile(r"<(?:!doctype\s+html|html)[\s>]", re.IGNORECASE)
_HTML_PIECE = re.compile(
    r"<(?:head|title|body|div|p|h[1-6]|table|section|article|main|ul|ol)[\s>]", re.IGNORECASE
)
HEAD = 2_048  # characters that the look at the beginning of a text takes in
_BINARY = (
    b"MZ",
    b"\x7fELF",
    b"\x89PNG",
    b"\xff\xd8\xff",
    b"GIF8",
    b"RIFF",
    b"\x1f\x8b",
    b"7z\xbc",
    b"Rar!",
    b"\x80\x04\x95",
    b"BM",
    b"ID3",
)


def sniff(data: bytes) -> str:
    """The type of a file by its content.

    Raises Unreadable: EMPTY_FILE, ENCRYPTED, CORRUPT, UNSUPPORTED_TYPE.
    """
    if not data:
        raise Unreadable("EMPTY_FILE")
    if b"%PDF-" in data[:1024] and (data.startswith(b"%PDF-") or b" obj" in data):
        return "pdf"
    if data.startswith(OLE):
        return _sniff_ole(data)
    if data.startswith((b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")):
        return _sniff_zip(data)
    if _is_html(data):
        return "html"
    # Two letters prove nothing (BMC商业模式…, MZ世代…): text has no NUL in its first bytes.
    if (data.startswith(_BINARY) and (b"\0" in data[:512] or data[0] > 0x7F)) or _TEXT_BUT_NOT_PLAIN.match(
        data[:512].removeprefix(b"\xef\xbb\xbf")
    ):
        raise Unreadable("UNSUPPORTED_TYPE")
    return "txt"


def _is_html(data: bytes) -> bool:
    """Whether a text is a web page, or a piece of one. Markdown may begin with a tag too, but most
    of its lines hold none."""
    head = data[: 2 * HEAD].removeprefix(b"\xef\xbb\xbf")
    encoding = {b"<\0": "utf-16-le", b"\xff\xfe": "utf-16", b"\0<": "utf-16-be", b"\xfe\xff": "utf-16"}
    text = head.decode(encoding.get(head[:2], "latin-1"), "ignore").lstrip()[:HEAD]
    if not text.startswith("<"):
        return False
    if _HTML_PAGE.search(text):
        return True
    lines = [line for line in text.split("\n") if line.strip()]
    tagged = sum("<" in line for line in lines)
    return not text.startswith("<?xml") and bool(_HTML_PIECE.search(text)) and 2 * tagged >= len(lines)


def _sniff_zip(data: bytes) -> str:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = archive.namelist()
    except Exception as error:
        raise Unreadable("CORRUPT") from error
    if any(name.startswith("word/") for name in names):
        return "docx"
    if any(name.lower() == "ppt/presentation.xml" for name in names):
        return "pptx"
    raise Unreadable("UNSUPPORTED_TYPE")


def _sniff_ole(data: bytes) -> str:
    """Word, or something else in the same container; stream names are UTF-16 in its directory."""
    if "EncryptedPackage".encode("utf-16-le") in data:
        raise Unreadable("ENCRYPTED")
    if "WordDocument".encode("utf-16-le") in data:
        return "doc"
    if any(n.encode("utf-16-le") in data for n in ("PowerPoint Document", "Workbook", "Book")):
        raise Unreadable("UNSUPPORTED_TYPE")
    raise Unreadable("CORRUPT")


def read(data: bytes, extension: str) -> Extraction:
    """What the reader for this content makes of it, checked to be text.

    `extension` (lower case, no dot) is only a hint: a mismatch is a warning.
    Raises Unreadable with a reason code.
    """
    found = FORMATS[sniff(data)]
    reader = importlib.import_module(f"pipeline.extract.{found.module}")
    extraction: Extraction = reader.read(data)
    quality.require_text([page.text for page in extraction.pages])
    if extension not in found.extensions:
        warnings = (*extraction.warnings, "EXT_MISMATCH")
        extraction = replace(extraction, warnings=warnings)
    return extraction
