"""Checks of a ZIP package (DOCX and its like) before any parser sees it."""

from __future__ import annotations

import io
import zipfile

from lxml import etree

from pipeline.extract.errors import Unreadable

MAX_ENTRIES = 10_000
MAX_INFLATED = 200 * 1024 * 1024
MAX_RATIO = 200
RATIO_FROM = 1 << 20
"""A ratio above 200 is refused only beyond 1 MB: small parts of spaces compress further."""


def check(data: bytes) -> None:
    """Count what really inflates (declared sizes lie) and refuse DTDs, which can read files.

    Raises Unreadable: CORRUPT, ENCRYPTED, LIMIT_ENTRIES, ZIP_BOMB, XML_DTD.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            infos = archive.infolist()
            if len(infos) > MAX_ENTRIES:
                raise Unreadable("LIMIT_ENTRIES")
            total = 0
            for info in infos:
                if info.flag_bits & 1:
                    raise Unreadable("ENCRYPTED")
                size = 0
                head = b""
                with archive.open(info) as part:
                    while block := part.read(1 << 16):
                        if not size:
                            head = block
                        size += len(block)
                        ratio = size / max(1, info.compress_size)
                        if total + size > MAX_INFLATED or (size > RATIO_FROM and ratio > MAX_RATIO):
                            raise Unreadable("ZIP_BOMB")
                total += size
                if info.filename.endswith((".xml", ".rels")) and _has_dtd(head):
                    raise Unreadable("XML_DTD")
    except (zipfile.BadZipFile, OSError, EOFError, NotImplementedError, RuntimeError, ValueError) as error:
        raise Unreadable("CORRUPT") from error
    except Exception as error:
        if isinstance(error, Unreadable):
            raise
        raise Unreadable("CORRUPT") from error  # zlib.error and what else broken streams raise


def _has_dtd(head: bytes) -> bool:
    return b"<!DOCTYPE" in head or head.startswith((b"\xff\xfe", b"\xfe\xff", b"<\0", b"\0<"))


def xml_parser() -> etree.XMLParser:
    """A parser that reads no DTD, no entity and nothing from the network."""
    return etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True
    )
