"""A ZIP package (DOCX and its like): what is checked before a parser sees any of it, and how its XML is read."""

from __future__ import annotations

import codecs
import io
import re
import zipfile
from collections.abc import Sequence

from lxml import etree

from pipeline.extract.errors import Unreadable

MAX_ENTRIES = 10_000
MAX_INFLATED = 200 * 1024 * 1024
MAX_RATIO = 200
RATIO_FROM = 1 << 20
"""A ratio above 200 is refused only beyond 1 MB: small parts of spaces compress further."""
MAX_TAGS = 8_000_000
"""`<` of one part: a tree takes about 250 bytes an element, and a worker has 2 GiB."""
LOCAL_HEADER = 30  # bytes of a local file header before its name (APPNOTE 4.3.7)
_XML = (".xml", ".rels")
_XML_DECLARATION = re.compile(r"\s*<\?xml[^>]*\?>")
_WIDE = ((codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"), (b"<\0", "utf-16-le"), (b"\0<", "utf-16-be"))  # fmt: skip
# ISO/IEC 29500-1 (strict) names its namespaces otherwise than 29500-4 (transitional).
_STRICT = re.compile(rb"""(xmlns(?::[\w.-]+)?\s*=\s*["'])http://purl\.oclc\.org/ooxml/([\w/]+)""")
_TRANSITIONAL = b"http://schemas.openxmlformats.org/"
# The characters that XML 1.0 does not allow, written as references: programs that copy a
# clipboard write them, and readers that stop there lose the whole document.
_FORBIDDEN = re.compile(rb"&#(?:x0*(?:[0-8bcef]|1[0-9a-f]|fff[ef])|0*(?:[0-8]|1[124-9]|2\d|3[01]));", re.IGNORECASE)  # fmt: skip
_CONTROLS = bytes(c for c in range(32) if c not in (9, 10, 13))


def check(data: bytes) -> None:
    """Count what really inflates of the parts a reader parses (declared sizes lie; pictures and
    fonts are never inflated) and refuse DTDs, which can read files.

    Raises Unreadable: CORRUPT, ENCRYPTED, LIMIT_ENTRIES, ZIP_BOMB, XML_DTD.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            infos = archive.infolist()
            if len(infos) > MAX_ENTRIES:
                raise Unreadable("LIMIT_ENTRIES")
            check_overlap(infos, len(data))
            _check_names(infos)
            left = MAX_INFLATED
            for info in infos:
                if info.flag_bits & 1:
                    raise Unreadable("ENCRYPTED")
                if info.filename.lower().endswith(_XML):
                    part = inflate(archive, info, left)
                    left -= len(part)
                    if _has_dtd(part[: 1 << 16]):
                        raise Unreadable("XML_DTD")
    except (Unreadable, MemoryError):
        raise
    except Exception as error:  # BadZipFile, zlib.error and what else broken streams raise
        raise Unreadable("CORRUPT") from error


def check_overlap(infos: Sequence[zipfile.ZipInfo], size: int) -> None:
    """Refuse entries whose bytes are bytes of another entry too: a few kilobytes that inflate many
    times over (CVE-2024-0450), whatever the patch level of Python. `size`: bytes of the file.

    Raises Unreadable: ZIP_BOMB, CORRUPT (an entry ends behind the file).
    """
    end = 0
    for info in sorted(infos, key=lambda i: i.header_offset):
        if info.header_offset < end:
            raise Unreadable("ZIP_BOMB")
        end = info.header_offset + LOCAL_HEADER + info.compress_size
        if info.header_offset < 0 or end > size:
            raise Unreadable("CORRUPT")


def _check_names(infos: Sequence[zipfile.ZipInfo]) -> None:
    """Refuse two different parts of one name: each reader would show another one."""
    seen: dict[str, tuple[int, int]] = {}
    for info in infos:
        content = (info.CRC, info.file_size)
        if seen.setdefault(info.filename.lower(), content) != content:
            raise Unreadable("CORRUPT")


def inflate(archive: zipfile.ZipFile, info: zipfile.ZipInfo, limit: int = MAX_INFLATED) -> bytes:
    """The bytes of an entry, counted while they come. Raises Unreadable(ZIP_BOMB), and what
    zipfile raises for broken streams."""
    out = io.BytesIO()
    with archive.open(info) as part:
        while block := part.read(1 << 16):
            out.write(block)
            size = out.tell()
            ratio = size / max(1, info.compress_size)
            if size > limit or (size > RATIO_FROM and ratio > MAX_RATIO):
                raise Unreadable("ZIP_BOMB")
    return out.getvalue()


def parse(data: bytes) -> tuple[etree._Element, bool]:
    """(root of an XML part, whether characters that XML forbids had to be taken out).

    The strict namespaces become the transitional ones. Nothing outside the bytes is read.
    Raises Unreadable: CORRUPT, XML_DTD, LIMIT_SIZE (tags), LIMIT_DEPTH (256).
    """
    data = utf8(data)
    if data.count(b"<") > MAX_TAGS:
        raise Unreadable("LIMIT_SIZE")
    if b"//purl.oclc.org/ooxml/" in data:
        data = _STRICT.sub(_transitional, data)
    try:
        return _root(data), False
    except etree.XMLSyntaxError as error:
        if "depth" in str(error):
            raise Unreadable("LIMIT_DEPTH") from error
    try:
        return _root(_FORBIDDEN.sub(b"", data.translate(None, _CONTROLS))), True
    except etree.XMLSyntaxError as error:
        raise Unreadable("CORRUPT") from error


def _root(data: bytes) -> etree._Element:
    root = etree.fromstring(data, xml_parser())
    if root.getroottree().docinfo.internalDTD is not None:
        raise Unreadable("XML_DTD")
    return root


def _transitional(match: re.Match[bytes]) -> bytes:
    """http://purl.oclc.org/ooxml/drawingml/main -> …/drawingml/2006/main."""
    family, _, rest = match.group(2).partition(b"/")
    return match.group(1) + _TRANSITIONAL + family + b"/2006/" + rest


def utf8(data: bytes) -> bytes:
    """An XML part in UTF-8: UTF-16, which the format allows, is decoded here, so that all checks see
    the same bytes."""
    for mark, encoding in _WIDE:
        if data.startswith(mark):
            text = data.decode(encoding, "replace").removeprefix("\ufeff")
            return _XML_DECLARATION.sub("", text, count=1).encode("utf-8", "replace")
    return data


def _has_dtd(head: bytes) -> bool:
    return b"<!DOCTYPE" in utf8(head)


def xml_parser() -> etree.XMLParser:
    """A parser that reads no DTD, no entity and nothing from the network."""
    return etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True
    )
