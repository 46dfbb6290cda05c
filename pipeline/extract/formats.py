"""The table of formats: what a file is by its content, and who reads it.

A new format is one module with `read(data) -> Extraction` and one line in `FORMATS`.
"""

from __future__ import annotations

import importlib
import re
from dataclasses import dataclass, replace
from typing import Any

from pipeline.extract import ole, quality, zip_directory
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
        Format("docx", "docx", ("docx", "docm", "dotx", "dotm")),
        Format("doc", "doc", ("doc", "dot", "wps")),
        Format("wordml", "wordml", ("xml", "doc")),
        Format("ppt", "ppt", ("ppt", "pps", "pot")),
        Format("pptx", "pptx", ("pptx", "pptm", "ppsx", "ppsm", "potx")),
        Format("html", "webpage", ("html", "htm", "xhtml", "shtml")),
        Format("mht", "mht", ("mht", "mhtml", "eml")),
        Format("rtf", "rtf", ("rtf",)),
        Format("txt", "txt", ("txt", "md", "markdown", "text", "csv", "tsv", "log", "")),
    )
}
_PDF_LINE = re.compile(rb"%PDF-\d\.\d\s*[\r\n]")
_RTF = re.compile(r"\{\s*\\(?:rtf|pard)(?![a-z])|.?\s*\\?[a-z]{3,5}\d?\\ansi(?![a-z])")
"""The second form: the brace, the backslash or a letter of `{\\rtf1\\ansi` damaged."""
_MAIL = re.compile(r"(?:mime-version|content-type):", re.IGNORECASE)
_OTHER_XML = re.compile(
    r"<(?:!doctype\s+)?(?:svg|rss|feed|plist)[\s>]|<[\w.-]{1,40}:[\w.-]{1,40}\s+xmlns|<(?:Types|Relationships)\s+xmlns",
    re.IGNORECASE,
)
_NO_TEXT = re.compile(r"<\?xml|mime-version:\s*1\.0\s*[\r\n]|from: <saved by|\x04?%!ps", re.IGNORECASE)
_ENCRYPTED = "EncryptedPackage"  # the stream that holds a DOCX or PPTX with a password
_OLE_STREAMS = {
    _ENCRYPTED: "",
    "WordDocument": "doc",
    "PowerPoint Document": "ppt",
    "PP97_DUALSTORAGE": "ppt",
    "PP40": "ppt",
    "Workbook": "",
    "Book": "",
}
_HTML_PAGE = re.compile(r"<(?:!doctype\s+html|html)[\s>]", re.IGNORECASE)
_HTML_PIECE = re.compile(
    r"<(?:head|title|body|div|p|h[1-6]|table|section|article|main|ul|ol)[\s>]", re.IGNORECASE
)
ARCHIVE = "zip"
_OFFICE_PARTS = {"[Content_Types].xml", "word/document.xml", "ppt/presentation.xml"}
_OTHER_PARTS = {"mimetype", "META-INF/MANIFEST.MF", "Index/Document.iwa"}  # ODF and EPUB, Java, iWork
HEAD = 2_048  # characters that the look at the beginning of a text takes in
# Files of other programs. Two letters prove nothing (BMC商业模式…, MZ世代…): one whose mark is
# ASCII is taken for what it says only if a NUL, which text has not, stands in its first bytes.
_BINARY = (
    *(b"MZ", b"\x7fELF", b"\xca\xfe\xba\xbe", b"\xcf\xfa\xed\xfe", b"\0asm", b"!<arch>"),  # programs
    *(b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"BM", b"II*\0", b"MM\0*", b"8BPS", b"\xd7\xcd\xc6\x9a"),
    *(b"AT&TFORM", b"\0\0\1\0", b"\1\0\0\0"),  # pictures
    *(b"RIFF", b"ID3", b"OggS", b"fLaC", b"\x1aE\xdf\xa3", b"FLV"),  # sound and film
    *(b"\x1f\x8b", b"7z\xbc", b"Rar!", b"BZh", b"\xfd7zXZ", b"\x28\xb5\x2f\xfd", b"MSCF", b"ITSF"),  # archives
    *(b"SQLite format 3", b"PAR1", b"\x89HDF", b"\x93NUMPY", b"\x80\2", b"\x80\3", b"\x80\4", b"\x80\5"),  # data
    *(b"\xffWPC", b"OTTO", b"wOFF", b"\0\1\0\0"),  # WordPerfect, fonts
)  # fmt: skip
_BARE_WORD = (b"\xdb\xa5", b"\xdc\xa5")  # Word 2 and 6 without a container, then a version below 256
_ALWAYS = (b"cos\n", b"cposix\n", b"c__builtin__\n", b"cbuiltins\n", b"!<arch>\n")


def sniff(data: bytes) -> str:
    """The type of a file by its content.

    Raises Unreadable: EMPTY_FILE, ENCRYPTED, CORRUPT, UNSUPPORTED_TYPE.
    """
    if not data:
        raise Unreadable("EMPTY_FILE")
    if (
        _PDF_LINE.match(data)
        or (b"%PDF-" in data[:1024] and b" obj" in data)
        or (data.startswith(b"%PDF") and b"endobj" in data)  # its version damaged
    ):
        return "pdf"
    if data.startswith(OLE):
        return _sniff_ole(data)
    if data.startswith(_BARE_WORD) and data[3:4] == b"\0":
        return "doc"
    if data.startswith((b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")):
        return _sniff_zip(data)
    head = _head(data)
    if _RTF.match(head):
        return "rtf"
    if _is_html(head):
        return "html"
    if _MAIL.search(head) and _module("mht").recognise(head):
        return "mht"
    if ("wordDocument" in head or "xmlPackage" in head) and _module("wordml").recognise(head):
        return "wordml"
    if _NO_TEXT.match(head) or _OTHER_XML.match(head) or _is_binary(data):
        raise Unreadable("UNSUPPORTED_TYPE")
    return "txt"


def _module(name: str) -> Any:
    return importlib.import_module(f"pipeline.extract.{name}")


def _is_binary(data: bytes) -> bool:
    if data[4:8] == b"ftyp" or data[257:262] == b"ustar" or data.startswith(_ALWAYS):
        return True
    return data.startswith(_BINARY) and (b"\0" in data[:512] or data[0] > 0x7F)


def _head(data: bytes) -> str:
    """The beginning of a text, its marks readable whatever the encoding, without blanks before it."""
    head = data[: 4 * HEAD].removeprefix(b"\xef\xbb\xbf").lstrip()
    encoding = {b"<\0": "utf-16-le", b"\xff\xfe": "utf-16", b"\0<": "utf-16-be", b"\xfe\xff": "utf-16"}
    return head.decode(encoding.get(head[:2], "latin-1"), "ignore").lstrip()[:HEAD]


def _is_html(head: str) -> bool:
    """Whether a text is a web page, or a piece of one. Markdown may begin with a tag too, but most
    of its lines hold none."""
    if not head.startswith("<") or _OTHER_XML.match(head):
        return False
    if _HTML_PAGE.search(head):
        return True
    lines = [line for line in head.split("\n") if line.strip()]
    tagged = sum("<" in line for line in lines)
    return not head.startswith("<?xml") and bool(_HTML_PIECE.search(head)) and 2 * tagged >= len(lines)


def _sniff_zip(data: bytes) -> str:
    """An office package by its parts, else an archive, whose members are files of their own."""
    # Some programs write the names of parts with backslashes.
    names = {info.filename.replace("\\", "/") for info in zip_directory.directory(data)}
    if names & _OFFICE_PARTS:
        if any(name.startswith("word/") for name in names):
            return "docx"
        if any(name.lower() == "ppt/presentation.xml" for name in names):
            return "pptx"
    if names & (_OFFICE_PARTS | _OTHER_PARTS):
        raise Unreadable("UNSUPPORTED_TYPE")
    return ARCHIVE


def _sniff_ole(data: bytes) -> str:
    """Word or PowerPoint, by the streams at the root: a document may hold others. Where the container
    is broken, by their names (UTF-16) anywhere in it."""
    if "EncryptedPackage".encode("utf-16-le") in data:
        raise Unreadable("ENCRYPTED")
    try:
        container = ole.open_streams(data)
    except Unreadable:
        found = [name for name in _OLE_STREAMS if name.encode("utf-16-le") in data]
    else:
        found = [name for name in _OLE_STREAMS if container.exists(name)]
        if not found and container.root.kids:  # a mail, a drawing, a notebook of another program
            raise Unreadable("UNSUPPORTED_TYPE")
    if not found:
        raise Unreadable("CORRUPT")
    if not _OLE_STREAMS[found[0]]:
        raise Unreadable("UNSUPPORTED_TYPE")
    return _OLE_STREAMS[found[0]]


def read(data: bytes, extension: str) -> Extraction:
    """What the reader for this content makes of it, checked to be text.

    `extension` (lower case, no dot) is only a hint: a mismatch is a warning.
    Raises Unreadable with a reason code.
    """
    kind = sniff(data)
    if kind == ARCHIVE:  # the worker hands out its members, each to be read by itself
        raise Unreadable("UNSUPPORTED_TYPE")
    found = FORMATS[kind]
    extraction: Extraction = _module(found.module).read(data)
    if all(page.confidence for page in extraction.pages):  # else pictures of text are still to be read
        quality.require_text([page.text for page in extraction.pages])
    if extension not in found.extensions:
        warnings = (*extraction.warnings, "EXT_MISMATCH")
        extraction = replace(extraction, warnings=warnings)
    return extraction
